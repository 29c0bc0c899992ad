// What plugin.sh starts when dist/ is not built of the sources as they are: builds it anew. dist/ has
//   plugin.cjs                      the plugin, as one file of JavaScript
//   answers/<arguments>             the answer to a call that takes no request
//   answers/<arguments>/<request>   the answer to a request, whose bytes the name has in octal
//   stamp                           when the build began
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { rolldown } from "rolldown";
import { main, UserError } from "../scripts/lib/errors.js";
import { withTemporaryFolder } from "../scripts/lib/temporary.js";
import { compareTrees, syncTree } from "../scripts/lib/tree.js";
import { plugin } from "./plugin.js";
import { CheckService } from "./pluginrpc/gen/buf/plugin/check/v1/check_pb.js";
import { RequestSchema } from "./pluginrpc/gen/pluginrpc/v1/pluginrpc_pb.js";

/** The page size that buf asks for. Should it ask for another one day, plugin.cjs answers, if later. */
const pageSize = 250;

await main(() =>
  withTemporaryFolder(async (folder) => {
    // First, so that what is edited meanwhile is newer; and never the same twice, so that it is moved.
    write(join(folder, "stamp"), `${new Date().toISOString()}\n`);
    write(join(folder, "plugin.cjs"), await bundle());
    for (const [name, answer] of await answers()) {
      write(join(folder, "answers", name), answer);
    }
    syncTree(folder, "lint/dist", compareTrees(folder, "lint/dist"));
  }),
);

async function bundle(): Promise<string> {
  try {
    const bundle = await rolldown({ input: "lint/main.ts", platform: "node" });
    const { output } = await bundle.generate({ format: "cjs", minify: true, codeSplitting: false });
    return output[0].code;
  } catch (error) {
    throw new UserError(`The plugin for our lint rules does not build:\n${(error as Error).message}`);
  }
}

/** The answers that are always the same, by where plugin.sh looks for them. */
async function answers(): Promise<Map<string, Uint8Array>> {
  const answers = new Map<string, Uint8Array>();
  const ask = async (call: string, request = new Uint8Array()) => {
    const args = [call, "--format", "binary"];
    const octal = Array.from(request, (byte) => byte.toString(8).padStart(3, "0")).join("");
    answers.set(join(args.join(" "), octal), await plugin(args, async () => request));
  };
  await ask("--spec");
  for (const { parent, name, input } of [CheckService.method.listRules, CheckService.method.listCategories]) {
    const value = anyPack(input, create(input, { pageSize }));
    await ask(`/${parent.typeName}/${name}`, toBinary(RequestSchema, create(RequestSchema, { value })));
  }
  return answers;
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
