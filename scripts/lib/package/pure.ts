import { parseAst } from "rolldown/parseAst";

type Node = ReturnType<typeof parseAst>["body"][number];
type Export = Extract<Node, { type: "ExportNamedDeclaration" }>;
type Variable = Extract<NonNullable<Export["declaration"]>, { type: "VariableDeclaration" }>;
type Expression = NonNullable<Variable["declarations"][number]["init"]>;

/**
 * Marks the exports of a compiled ES module as pure, so that a bundler drops those that are not used. Without the
 * marks, a bundler has to keep the statement that fills an enum, and every call and property access that runs when the
 * module loads, as it might have side effects.
 *
 * @param code An ES module whose import has no effect but to create its exports.
 * @returns The same module, in which every export is one declaration without side effects.
 * @throws Error if a statement is not part of an export.
 */
export function markPure(code: string): string {
  const { body } = parseAst(code);
  let marked = "";
  let copied = 0;
  const replace = (start: number, end: number, text: string) => {
    marked += code.slice(copied, start) + text;
    copied = end;
  };
  for (const [i, node] of body.entries()) {
    // A .proto file without types has a module with the directive "use strict" only.
    if (node.type === "ExpressionStatement" && !node.directive) {
      throw new Error(`A bundler could not drop this statement: ${code.slice(node.start, node.end)}`);
    }
    const variable = exportedVariable(node);
    const fill = variable && !variable.init ? enumFill(body[i + 1]) : undefined;
    if (variable && fill) {
      const { parameter, block, value } = fill;
      replace(node.start, block.start, `export const ${variable.name} = /* @__PURE__ */ ((${parameter}) => `);
      replace(block.end - 1, block.end, `return ${parameter};\n}`);
      replace(value.start, value.end, "{}");
      body.splice(i + 1, 1);
    } else if (variable?.init?.type === "CallExpression") {
      replace(variable.init.start, variable.init.start, "/* @__PURE__ */ ");
    } else if (variable?.init && !isInert(variable.init)) {
      const { start, end } = variable.init;
      replace(start, end, `/* @__PURE__ */ (() => (${code.slice(start, end)}))()`);
    }
  }
  return marked + code.slice(copied);
}

/** Returns the variable that a statement declares and exports, if any; `init` is its initial value. */
function exportedVariable(node: Node) {
  const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : undefined;
  const [first, second] = declaration?.type === "VariableDeclaration" ? declaration.declarations : [];
  return first && !second && first.id.type === "Identifier" ? { ...first, name: first.id.name } : undefined;
}

/** Returns the parts of a statement that fills an enum, `(function (parameter) block)(value)`, or undefined. */
function enumFill(statement: Node | undefined) {
  const call = statement?.type === "ExpressionStatement" ? statement.expression : undefined;
  const { callee, arguments: [value] = [] } = call?.type === "CallExpression" ? call : {};
  const { params: [parameter] = [], body: block } = callee?.type === "FunctionExpression" ? callee : {};
  return parameter?.type === "Identifier" && block && value
    ? { parameter: parameter.name, block, value }
    : undefined;
}

/** Returns whether an expression certainly has no side effects. */
function isInert(expression: Expression): boolean {
  switch (expression.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "Identifier":
    case "Literal":
      return true;
    case "ObjectExpression":
      return expression.properties.every(
        (property) => property.type === "Property" && !property.computed && isInert(property.value),
      );
    default:
      return false;
  }
}
