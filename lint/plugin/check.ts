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
import { cannotRun } from "../../scripts/lib/cli/errors.ts";
import { fileOf, sourcePathOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Context, Rule } from "../rules/rule.ts";
import { type AnnotationSchema, CheckService, RuleType } from "./gen/buf/plugin/check/v1/check_pb.ts";
import { blameCaller, createPlugin, type Plugin, PluginError } from "./server.ts";

type AnnotationInit = MessageInitShape<typeof AnnotationSchema>;

/**
 * Creates a check plugin for buf.
 *
 * @param category Includes all rules, so that buf.yaml can name them by its ID. ID and purpose have the form of a rule's.
 * @throws UserError (exit code 2) if a rule or the category is invalid.
 */
export function createCheckPlugin(rules: Rule[], category: Category): Plugin {
  checkSpecs(rules, category);
  return createPlugin(CheckService, {
    check: ({ fileDescriptors, ruleIds }) => {
      const requested = ruleIds.length === 0 ? rules : ruleIds.map((id) => findRule(rules, id));
      const registry = resolveFiles(
        fileDescriptors.flatMap(({ fileDescriptorProto }) => fileDescriptorProto ?? []),
      );
      const elements = fileDescriptors
        .filter(({ isImport }) => !isImport)
        .flatMap(({ fileDescriptorProto }) => registry.getFile(fileDescriptorProto?.name ?? "") ?? [])
        .flatMap(elementsOf);
      return { annotations: requested.flatMap((rule) => runRule(rule, elements, registry)) };
    },
    listRules: (request) => {
      const { page, nextPageToken } = paginate(rules, request);
      return {
        nextPageToken,
        rules: page.map(({ id, purpose }) => ({
          id,
          purpose,
          categoryIds: [category.id],
          default: true,
          type: RuleType.LINT,
        })),
      };
    },
    listCategories: (request) => {
      const { page, nextPageToken } = paginate([category], request);
      return { nextPageToken, categories: page };
    },
  });
}

type Category = Pick<Rule, "id" | "purpose">;

/** Checks rules and their category as bufplugin, buf's library for plugins in Go, checks those of its plugins. */
function checkSpecs(rules: Rule[], category: Category): void {
  const specs = [...rules, category];
  const ids = specs.map(({ id }) => id);
  const problems = [
    ...(rules.length === 0 ? [`The category ${category.id} has no rules.`] : []),
    ...specs.flatMap(({ id, purpose }, index) => [
      ...(/^(?=.{3,64}$)[A-Z0-9][A-Z0-9_]*[A-Z0-9]$/.test(id)
        ? []
        : [
            `The ID "${id}" must be 3 to 64 capital letters, digits and underscores, with no underscore at an end.`,
          ]),
      ...(ids.indexOf(id) === index ? [] : [`The ID ${id} is not unique.`]),
      ...(/^[A-Z].*\.$/.test(purpose)
        ? []
        : [
            `The purpose of ${id} must be one line that begins with a capital letter and ends with a period.`,
          ]),
    ]),
  ];
  if (problems.length > 0) {
    throw cannotRun(problems.join("\n"));
  }
}

function findRule(rules: Rule[], id: string): Rule {
  const rule = rules.find((rule) => rule.id === id);
  if (rule === undefined) {
    throw new PluginError(`unknown rule "${id}"`);
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
  return blameCaller("the files cannot be resolved", () =>
    createFileRegistry(create(FileDescriptorSetSchema, { file: ordered })),
  );
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
      throw new Error(`${rule.id} failed at ${element}: ${error}`);
    }
  }
  return annotations;
}

function elementsOf(file: DescFile): AnyDesc[] {
  const types = [...nestedTypes(file)];
  return [file, ...types.flatMap((type): AnyDesc[] => [type, ...membersOf(type)])];
}

function membersOf(type: AnyDesc): AnyDesc[] {
  if (type.kind === "message") {
    return [...type.fields, ...type.oneofs];
  }
  return type.kind === "enum" ? type.values : type.kind === "service" ? type.methods : [];
}

function paginate<T>(items: T[], { pageSize, pageToken }: { pageSize: number; pageToken: string }) {
  const start = Number(pageToken);
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new PluginError(`invalid page_token "${pageToken}"`);
  }
  const end = start + (pageSize || items.length);
  return { page: items.slice(start, end), nextPageToken: end < items.length ? String(end) : "" };
}
