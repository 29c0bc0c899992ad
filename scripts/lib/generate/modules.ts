import { parseSync } from "rolldown/utils";

/** What a name stands for: TypeScript keeps types and values apart. */
export type Space = "type" | "value";

/** A name with its offset in the text of a module. */
export interface Name {
  name: string;
  offset: number;
}

export interface Declaration extends Name {
  space: Space;
  isImport: boolean;
  isExported: boolean;
}

/** A class or an interface that inherits from an imported one. */
export interface Heir {
  /** The imported name, and the package that it is imported from. */
  parent: string;
  source: string;
  members: Name[];
}

/** A generated module. */
export interface Module {
  /** Path in the folder of its flavour. */
  path: string;
  text: string;
  /** Where the text is not JavaScript or TypeScript, if it is not. */
  syntaxError: Name | undefined;
  declarations: Declaration[];
  /** Members that have the name of an earlier member of the same type, class, enum or object. */
  repeatedMembers: Name[];
  heirs: Heir[];
  /** Names that the module uses without declaring them, and those that its helper types use. */
  globals: Set<string>;
}

/** The part of ESTree that all nodes have: https://github.com/estree/estree */
interface Node {
  type: string;
  start: number;
  name?: unknown;
  value?: unknown;
  [key: string]: unknown;
}

/** Parses a module of TypeScript or JavaScript. */
export function parseModule(path: string, text: string): Module {
  const { program, errors } = parseSync(path, text);
  const module: Module = {
    ...{ path, text, declarations: [], repeatedMembers: [], heirs: [], globals: new Set() },
    syntaxError: errors[0] && { name: errors[0].message, offset: errors[0].labels[0]?.start ?? 0 },
  };
  /** Specifiers by local name. */
  const imports = new Map<string, { parent: string; source: string }>();
  const local = new Set<string>();
  const helperNames = new Set<string>();
  const parameters = new Set<string>();
  const visit = (value: unknown, names: Set<string>): void => {
    if (Array.isArray(value)) {
      for (const item of value) {
        visit(item, names);
      }
    } else if (isNode(value)) {
      if (value.type === "Identifier") {
        names.add(String(value.name));
      }
      const parameter = { TSTypeParameter: value.name, TSMappedType: value.key }[value.type];
      // Of a type, or of a function, a method or an index signature.
      for (const { name } of nodesIn([parameter, ...nodesIn(value.params ?? value.parameters)])) {
        parameters.add(String(name));
      }
      const members = membersOf(value);
      const keys = members.map(({ name }) => name);
      module.repeatedMembers.push(...members.filter(({ name }, i) => keys.indexOf(name) < i));
      for (const [key, child] of Object.entries(value)) {
        if (!isLabel(value, key)) {
          visit(child, names);
        }
      }
    }
  };
  for (const statement of program.body as unknown as Node[]) {
    const isImport = statement.type === "ImportDeclaration";
    for (const { local: id, imported } of isImport ? nodesIn(statement.specifiers) : []) {
      if (isNode(id) && isNode(imported) && isNode(statement.source)) {
        const parent = String(imported.name);
        imports.set(String(id.name), { parent, source: String(statement.source.value) });
      }
    }
    const isExported = isNode(statement.declaration);
    const declared = isNode(statement.declaration) ? statement.declaration : statement;
    for (const [space, id] of declaredIn(declared)) {
      const name = String(id.name);
      module.declarations.push({ space, isImport, isExported, name, offset: id.start });
      local.add(name);
    }
    const parent = imports.get(parentOf(declared) ?? "");
    if (parent !== undefined && isNode(declared.body)) {
      module.heirs.push({ ...parent, members: membersOf(declared.body) });
    }
    // Types that are not exported are the same in all modules: they can use no type of the contract.
    visit(statement, !isExported && declared.type.startsWith("TS") ? helperNames : module.globals);
  }
  const exported = new Set(module.declarations.flatMap((name) => (name.isExported ? [name.name] : [])));
  module.globals = new Set(
    [
      ...[...module.globals].filter((name) => !local.has(name)),
      ...[...helperNames].filter((name) => !local.has(name) || exported.has(name)),
    ].filter((name) => !parameters.has(name)),
  );
  return module;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const nodesIn = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Returns whether a key of a node leads to a name that is not looked up in scopes: `b` in `a.b`. */
const isLabel = ({ type, computed }: Node, key: string): boolean =>
  (!computed && (key === "key" || key === "property")) ||
  (type === "TSEnumMember" && key === "id") ||
  (type === "TSQualifiedName" && key === "right") ||
  type.endsWith("Specifier");

/** Returns the identifiers that a statement declares in its scope. */
function declaredIn(statement: Node): [Space, Node][] {
  const inSpaces = (spaces: Space[], ids: unknown[]) =>
    ids.filter(isNode).flatMap((id) => spaces.map((space): [Space, Node] => [space, id]));
  switch (statement.type) {
    case "ImportDeclaration":
      return inSpaces(
        ["type", "value"],
        nodesIn(statement.specifiers).map(({ local }) => local),
      );
    case "VariableDeclaration":
      return inSpaces(
        ["value"],
        nodesIn(statement.declarations).map(({ id }) => id),
      );
    case "FunctionDeclaration":
      return inSpaces(["value"], [statement.id]);
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return inSpaces(["type", "value"], [statement.id]);
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return inSpaces(["type"], [statement.id]);
    default:
      return [];
  }
}

/** Returns the name of what a class or an interface extends. */
function parentOf(declaration: Node): string | undefined {
  const [heritage] = nodesIn(declaration.extends);
  const parent = heritage?.expression ?? declaration.superClass;
  return isNode(parent) && typeof parent.name === "string" ? parent.name : undefined;
}

/** Returns the members of a type, class, enum or object: of a method with overloads, one. */
function membersOf(node: Node): Name[] {
  const list = {
    TSInterfaceBody: node.body,
    TSTypeLiteral: node.members,
    ClassBody: node.body,
    TSEnumBody: node.members,
    ObjectExpression: node.properties,
  }[node.type];
  let last = "";
  return nodesIn(list).flatMap((member) => {
    const key = member.key ?? member.id;
    if (!isNode(key) || member.computed || member.kind === "constructor" || member.static) {
      return [];
    }
    const name = String(key.name ?? key.value);
    const isOverload = name === last;
    last = member.type === "TSMethodSignature" ? name : "";
    return isOverload ? [] : [{ name, offset: key.start }];
  });
}
