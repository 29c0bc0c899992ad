import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles } from "../cli/files.ts";
import { header } from "./indexes.ts";
import { parseModule } from "./modules.ts";

/**
 * Moves the types that ts-proto declares again in every module, such as `MessageFns`, into index.ts. TypeScript can
 * write the type of what a consumer infers from them only if they are exported, and no two modules of a package may
 * export the same name. Those of google/protobuf/struct.proto, which use its types, stay there, and are exported.
 *
 * @param folder Folder of ts-proto's output. If there is none, nothing happens.
 */
export function shareHelperTypes(folder: string): void {
  if (!existsSync(folder)) {
    return;
  }
  const shared = new Map<string, string>();
  for (const path of listFiles(folder)) {
    const text = readFileSync(join(folder, path), "utf8");
    const exported = parseModule(path, text).declarations.filter(({ isExported }) => isExported);
    const exportedNames = new Set(exported.map(({ name }) => name));
    const moved: string[] = [];
    // Its formatter writes an empty line after each declaration.
    const blocks = text
      .trimEnd()
      .split("\n\n")
      .flatMap((block) => {
        const name = /^(?:type|interface) (\w+)/.exec(block)?.[1];
        if (name === undefined) {
          return block;
        }
        // Those of google/protobuf/struct.proto.
        if (path.startsWith("google/") && wordsIn(block).some((word) => exportedNames.has(word))) {
          return `export ${block}`;
        }
        moved.push(name);
        shared.set(name, `export ${block}`);
        return [];
      });
    const rest = blocks.join("\n\n");
    const words = new Set(wordsIn(rest));
    const used = moved.filter((name) => words.has(name));
    const source = `${"../".repeat(path.split("/").length - 1)}index.js`;
    const statement = used.length > 0 ? `import type { ${used.join(", ")} } from "${source}";\n` : "";
    const marker = "/* eslint-disable */\n";
    writeFileSync(join(folder, path), `${rest.replace(marker, `${marker}${statement}`)}\n`);
  }
  const imports = 'import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";';
  writeFileSync(join(folder, "index.ts"), `${header}${[imports, ...shared.values()].join("\n\n")}\n`);
}

const wordsIn = (text: string): string[] => text.match(/\w+/g) ?? [];
