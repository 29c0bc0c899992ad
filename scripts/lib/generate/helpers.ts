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
    // Only helper types of google/protobuf use types of their module.
    const own = path.startsWith("google/") ? parseModule(path, text).declarations : [];
    const exported = new Set(own.flatMap(({ isExported, name }) => (isExported ? [name] : [])));
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
        if (wordsIn(block).some((word) => exported.has(word))) {
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
