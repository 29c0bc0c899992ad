import {
  type AnyDesc,
  create,
  createFileRegistry,
  type DescFile,
  type FileRegistry,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type AnnotationSchema, CheckService, RuleType } from "./gen/buf/plugin/check/v1/check_pb.js";
import { Code } from "./gen/pluginrpc/v1/pluginrpc_pb.js";
import type { Category, Context, Rule } from "./rule.js";
import { createPlugin, type Plugin, PluginError } from "./server.js";
import { comment, fileOf, sourcePath } from "./source.js";

type AnnotationInit = MessageInitShape<typeof AnnotationSchema>;

/** Makes a check plugin for buf of lint rules and the categories that they are in. */
export function createCheckPlugin(rules: Rule[], categories: Category[]): Plugin {
  return createPlugin(CheckService, {
    check: ({ fileDescriptors, ruleIds }) => {
      const wanted = ruleIds.length === 0 ? rules : ruleIds.map((id) => find(rules, id));
      const registry = resolve(
        fileDescriptors.flatMap(({ fileDescriptorProto }) => fileDescriptorProto ?? []),
      );
      const checked = fileDescriptors
        .filter(({ isImport }) => !isImport)
        .flatMap(({ fileDescriptorProto }) => registry.getFile(fileDescriptorProto?.name ?? "") ?? [])
        .flatMap((file) => [...elements(file)]);
      return { annotations: wanted.flatMap((rule) => run(rule, checked, registry)) };
    },
    listRules: (request) => {
      const { page, nextPageToken } = paginate(rules, request);
      return {
        nextPageToken,
        rules: page.map(({ id, purpose, categories }) => ({
          id,
          purpose,
          categoryIds: categories,
          default: true,
          type: RuleType.LINT,
        })),
      };
    },
    listCategories: (request) => {
      const { page, nextPageToken } = paginate(categories, request);
      return { nextPageToken, categories: page };
    },
  });
}

function find(rules: Rule[], id: string): Rule {
  const rule = rules.find((rule) => rule.id === id);
  if (rule === undefined) {
    throw new PluginError(Code.INVALID_ARGUMENT, `there is no rule ${id}`);
  }
  return rule;
}

/** Resolves files, which buf sends in any order: a registry wants each after those that it imports. */
function resolve(files: FileDescriptorProto[]): FileRegistry {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto) => {
    byName.delete(file.name);
    for (const name of file.dependency) {
      const imported = byName.get(name);
      if (imported !== undefined) {
        add(imported);
      }
    }
    ordered.add(file);
  };
  files.forEach((file) => {
    if (byName.has(file.name)) {
      add(file);
    }
  });
  try {
    return createFileRegistry(create(FileDescriptorSetSchema, { file: [...ordered] }));
  } catch (error) {
    throw new PluginError(Code.INVALID_ARGUMENT, `the files do not resolve: ${(error as Error).message}`);
  }
}

function run(rule: Rule, checked: AnyDesc[], registry: FileRegistry): AnnotationInit[] {
  const annotations: AnnotationInit[] = [];
  const context: Context = {
    registry,
    comment,
    report: (element, message, ...part) =>
      annotations.push({
        ruleId: rule.id,
        message,
        fileLocation: {
          fileName: fileOf(element).proto.name,
          sourcePath: [...sourcePath(element), ...part],
        },
      }),
  };
  for (const element of checked) {
    try {
      rule.check[element.kind]?.(element as never, context);
    } catch (error) {
      throw new PluginError(Code.INTERNAL, `${rule.id} failed at ${element}: ${error}`);
    }
  }
  return annotations;
}

function* elements(file: DescFile): Generator<AnyDesc> {
  yield file;
  for (const type of nestedTypes(file)) {
    yield type;
    switch (type.kind) {
      case "message":
        yield* type.fields;
        yield* type.oneofs;
        break;
      case "enum":
        yield* type.values;
        break;
      case "service":
        yield* type.methods;
        break;
    }
  }
}

function paginate<T>(items: T[], { pageSize, pageToken }: { pageSize: number; pageToken: string }) {
  const start = Number(pageToken);
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new PluginError(
      Code.INVALID_ARGUMENT,
      `page_token "${pageToken}" is none that this plugin gave out`,
    );
  }
  const end = start + (pageSize || items.length);
  return { page: items.slice(start, end), nextPageToken: end < items.length ? String(end) : "" };
}
