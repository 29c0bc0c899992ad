import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { redact } from "../../src/redact.js";

/** The interceptor of README.md: logs every message that is sent and received, without its secrets. */
export const logCalls =
  (log: (line: string) => void): Interceptor =>
  (next) =>
  async (req) => {
    const write = (schema: DescMessage, message: Message) =>
      log(`${req.method.name} ${schema.name} ${JSON.stringify(redact(schema, message))}`);
    async function* writeEach<T extends Message>(schema: DescMessage, messages: AsyncIterable<T>) {
      for await (const message of messages) {
        write(schema, message);
        yield message;
      }
    }
    const { input, output } = req.method;
    if (!req.stream) write(input, req.message);
    const res = await next(req.stream ? { ...req, message: writeEach(input, req.message) } : req);
    if (!res.stream) write(output, res.message);
    return res.stream ? { ...res, message: writeEach(output, res.message) } : res;
  };
