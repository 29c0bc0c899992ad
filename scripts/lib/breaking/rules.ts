import { parse, stringify } from "yaml";

/** The parts of a buf.yaml that decide which changes are breaking: https://buf.build/docs/configuration/v2/buf-yaml */
interface BufYaml {
  modules?: { path?: string }[];
  breaking?: unknown;
}

/**
 * Returns the configuration with which `buf breaking` compares two images by the rules of a buf.yaml: only its
 * top-level `breaking`, without the lint plugin, which buf would start on each call. Paths in it begin with the folder
 * of a module; an image has no modules, so buf takes them as an import names them.
 *
 * @param bufYaml Text of a buf.yaml.
 */
export function toImageRules(bufYaml: string): string {
  const { modules = [], breaking } = (parse(bufYaml) ?? {}) as BufYaml;
  const folders = modules.flatMap(({ path }) => (path ? [`${path}/`] : []));
  return stringify({ version: "v2", ...(breaking ? { breaking: withoutFolders(breaking, folders) } : {}) });
}

function withoutFolders(value: unknown, folders: string[]): unknown {
  if (typeof value === "string") {
    const folder = folders.find((path) => value.startsWith(path)) ?? "";
    return value.slice(folder.length);
  }
  if (Array.isArray(value)) {
    return value.map((item) => withoutFolders(item, folders));
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFolders(item, folders)]))
    : value;
}
