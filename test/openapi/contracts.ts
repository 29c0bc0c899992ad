// Contracts of which the tests make documents, compiled from sources.
import { join } from "node:path";
import { create, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { contractMessages } from "../../scripts/lib/contract/descriptors.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { everyShape } from "../growth/shapes.ts";
import { contract } from "../support/contract.ts";
import { addFile } from "../support/go.ts";
import { here, temporaryFolder } from "../support/repository.ts";

/**
 * Compiles .proto files.
 *
 * @param files Text by path.
 * @param modules Folders of modules.
 */
export async function compile(files: Record<string, string>, modules = ["."]): Promise<FileRegistry> {
  const folder = temporaryFolder();
  const image = join(folder, "image.binpb");
  writeFiles(folder, {
    ...files,
    "buf.yaml": JSON.stringify({ version: "v2", modules: modules.map((path) => ({ path })) }),
  });
  const result = await buf(here, ["build", "-o", image], { cwd: folder });
  if (result.code !== 0) {
    throw new Error(outputOf(result));
  }
  return readImage(image);
}

/** Adds a service to the gateway, with RPCs of every kind whose requests and responses are the contract's messages. */
function withGateway(registry: FileRegistry): FileRegistry {
  const messages = contractMessages(registry);
  const file = create(FileDescriptorProtoSchema, {
    name: "agynio/api/gateway/v1/every_message.proto",
    package: "agynio.api.gateway.v1",
    syntax: "proto3",
    dependency: [...new Set(messages.map(({ file }) => file.proto.name))],
    service: [
      {
        name: "EveryMessageGateway",
        method: messages.map(({ typeName }, i) => ({
          name: `Do${i}`,
          inputType: `.${typeName}`,
          outputType: `.${typeName}`,
          clientStreaming: i % 4 === 1 || i % 4 === 3,
          serverStreaming: i % 4 > 1,
        })),
      },
    ],
  });
  return addFile(registry, file);
}

/** Compiles the contract with every shape, whose gateway reaches every message. */
export const compileEveryShape = async (): Promise<FileRegistry> =>
  withGateway(
    await compile(Object.fromEntries(everyShape(contract)), ["proto", "third_party/opentelemetry"]),
  );

/** Compiles a contract with what proto3 lacks, in a file that a gateway imports. */
export const compileLegacy = () => compile(legacy);

const legacy = {
  "acme/legacy.proto": `syntax = "proto2";
package acme;
message Legacy {
  required string name = 1;
  required int64 count = 2 [default = 7];
  required Level level = 3;
  optional float ratio = 4 [default = inf];
  optional group Detail = 5 {
    required bytes data = 1;
    repeated group Line = 2 { optional string text = 1; }
  }
  map<string, Grade> grades = 8;
  required string page_token = 9 [deprecated = true];
  extensions 100 to 200;
}
message Choice {
  oneof choice {
    group Left = 1 { optional int32 size = 1; }
    string right = 2;
  }
}
enum Level {
  option allow_alias = true;
  LOW = -1;
  HIGH = 1;
  TOP = 1;
}
enum Grade {
  NONE = 0;
  GOOD = 1;
}
extend Legacy {
  optional string note = 100;
  repeated Level marks = 101;
}
`,
  "acme/editions.proto": `edition = "2023";
package acme;
import "acme/legacy.proto";
message Modern {
  Legacy legacy = 1 [features.message_encoding = DELIMITED];
  string implicit = 2 [features.field_presence = IMPLICIT];
  int32 must = 3 [features.field_presence = LEGACY_REQUIRED];
  Closed closed = 4;
  repeated Closed all = 5 [features.repeated_field_encoding = EXPANDED];
  Choice choice = 6;
}
enum Closed {
  option features.enum_type = CLOSED;
  ONE = 1;
  TWO = 2;
}
`,
  "acme/gateway/v1/gateway.proto": `syntax = "proto3";
package acme.gateway.v1;
import "acme/editions.proto";
service LegacyGateway {
  rpc Do(acme.Modern) returns (acme.Modern);
}
`,
};

/** Comments that end what holds them, or that Markdown, HTML or a page could make something else of. */
const hostileComments = [
  "Ends a script </script><script>alert(1)</script>, a comment */ --> and a template $" + "{1} `",
  "An <img src=x onerror=alert(1)> and <b>bold</b>, Map<string, Leaf>, a < b, <https://a.example> and &lt;i&gt;.",
  "| a | b |\n| --- | --- |\n| 1 | <i>2</i> |",
  "* one\n  * two </ul>\n\n1. first\n\n# Title\n\n---\n\n> quote",
  "```html\n<script>alert(1)</script>\n```\nAfter.",
  "```\nA fence that does not close: <script>alert(1)</script>",
  "`Code <b>` and ``co`de <i>`` and `open <script>alert(1)</script>",
  "A span ` that\n\nends nowhere <script>alert(1)</script> ` x, and \\`<i>no span</i>\\`",
  "* a span `\n* of another item <b>x</b> ` y",
  "* a fence\n  ```\n<script>alert(1)</script>\n  ```\n",
  "```js `<b>`\n\n<script>alert(1)</script>\n```",
  "[link](javascript:alert(1)) ![image](https://a.example/x.png) <a href='x'>",
  "x".repeat(400),
  "A separator \u2028 of lines \u2029 and \u0085, \u202Eleft\u202C, \uFEFF, \u{1F680}, \\u0000.",
  "Returns NOT_FOUND if </script> is unknown, and `INTERNAL` | never.\nReturns ABORTED.",
];

/** Returns a contract in which every kind of declaration has each of the hostile comments. */
export function hostileContract(): string {
  const each = (declare: (i: number) => string) =>
    hostileComments.map((text, i) => `${text.replace(/^/gm, "// ")}\n${declare(i)}\n`).join("");
  return `syntax = "proto3";
package acme.gateway.v1;
${each((i) => `service Hostile${i}Gateway {}`)}
service HostileGateway {
${each((i) => `rpc Do${i}(Request) returns (${i % 2 ? "stream " : ""}Hostile${i});`)}
}
message Request {
${each((i) => `string field${i} = ${i + 1};`)}
${each((i) => `oneof choice${i} {\nKind one${i} = ${2 * i + 101};\nKind two${i} = ${2 * i + 102};\n}`)}
}
${each((i) => `message Hostile${i} {}`)}
enum Kind {
${each((i) => `KIND_${i} = ${i};`)}
}
`;
}
