// Envelopes of streams: https://connectrpc.com/docs/protocol#streaming-rpcs. Written here, as Connect's are what is tested.

/** Returns an envelope with data. */
export function createEnvelope(flags: number, data: Buffer): Buffer {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

/** Returns the flags and the JSON of each envelope in the body of a stream. */
export function readEnvelopes(body: Buffer): { flags: number; json: unknown }[] {
  if (body.length === 0) {
    return [];
  }
  const end = 5 + body.readUInt32BE(1);
  const first = { flags: body.readUInt8(0), json: JSON.parse(`${body.subarray(5, end)}`) };
  return [first, ...readEnvelopes(body.subarray(end))];
}
