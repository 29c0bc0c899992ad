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
import { fileOf, sourcePathOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Category, Context, Rule } from "../rules/rule.ts";
import { type AnnotationSchema, CheckService, RuleType } from "./gen/buf/plugin/check/v1/check_pb.ts";
import { Code } from "./gen/pluginrpc/v1/pluginrpc_pb.ts";
import { createPlugin, type Plugin, PluginError } from "./server.ts";

type AnnotationInit = MessageInitShape<typeof AnnotationSchema>;

/** Creates a check plugin for buf with lint rules and their categories. */
export function createCheckPlugin(rules: Rule[], categories: Category[]): Plugin {
  return createPlugin(CheckService, {
    check: ({ fileDescriptors, ruleIds }) => {
      const requested = ruleIds.length === 0 ? rules : ruleIds.map((id) => findRule(rules, id));
      const registry = resolveFiles(
        fileDescriptors.flatMap(({ fileDescriptorProto }) => fileDescriptorProto ?? []),
      );
      const elements = fileDescriptors
        .filter(({ isImport }) => !isImport)
        .flatMap(({ fileDescriptorProto }) => registry.getFile(fileDescriptorProto?.name ?? "") ?? [])
        .flatMap((file) => [...elementsOf(file)]);
      return { annotations: requested.flatMap((rule) => runRule(rule, elements, registry)) };
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

function findRule(rules: Rule[], id: string): Rule {
  const rule = rules.find((rule) => rule.id === id);
  if (rule === undefined) {
    throw new PluginError(Code.INVALID_ARGUMENT, `unknown rule "${id}"`);
  }
  return rule;
}

/**
 * Resolves files, which buf sends in an order that varies. The registry's order does not, and has each file after the
 * files that it imports.
 */
function resolveFiles(files: FileDescriptorProto[]): FileRegistry {
  const pending = new Map(files.map((file) => [file.name, file]));
  const ordered: FileDescriptorProto[] = [];
  const add = (name: string) => {
    const file = pending.get(name);
    if (file && pending.delete(name)) {
      file.dependency.forEach(add);
      ordered.push(file);
    }
  };
  [...pending.keys()].sort().forEach(add);
  try {
    return createFileRegistry(create(FileDescriptorSetSchema, { file: ordered }));
  } catch (error) {
    throw new PluginError(Code.INVALID_ARGUMENT, `the files cannot be resolved: ${(error as Error).message}`);
  }
}

function runRule(rule: Rule, elements: AnyDesc[], registry: FileRegistry): AnnotationInit[] {
  const annotations: AnnotationInit[] = [];
  const context: Context = {
    registry,
    report: (element, message, ...part) =>
      annotations.push({
        ruleId: rule.id,
        message,
        fileLocation: {
          fileName: fileOf(element).proto.name,
          sourcePath: [...sourcePathOf(element), ...part],
        },
      }),
  };
  for (const element of elements) {
    try {
      rule.check[element.kind]?.(element as never, context);
    } catch (error) {
      throw new PluginError(Code.INTERNAL, `${rule.id} failed at ${element}: ${error}`);
    }
  }
  return annotations;
}

function* elementsOf(file: DescFile): Generator<AnyDesc> {
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
    throw new PluginError(Code.INVALID_ARGUMENT, `invalid page_token "${pageToken}"`);
  }
  const end = start + (pageSize || items.length);
  return { page: items.slice(start, end), nextPageToken: end < items.length ? String(end) : "" };
}
