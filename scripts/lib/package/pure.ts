import { parseAst } from "rolldown/parseAst";

type Node = ReturnType<typeof parseAst>["body"][number];
type Export = Extract<Node, { type: "ExportNamedDeclaration" }>;
type Variable = Extract<NonNullable<Export["declaration"]>, { type: "VariableDeclaration" }>;
type Expression = NonNullable<Variable["declarations"][number]["init"]>;

/**
 * Marks what a compiled ES module exports so that a bundler drops what is not used of it. As it comes from
 * the compiler, a bundler has to keep much of it: the statement that fills an enum, and every call and every
 * property that is read while the module loads, as that might do something.
 *
 * @param code An ES module that does nothing when it is imported but make what it exports.
 * @returns The same module, in which every export is one declaration without side effects.
 * @throws Error when there is a statement of which no export is made.
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
    if (node.type === "ExpressionStatement") {
      throw new Error(`No bundler can drop this statement: ${code.slice(node.start, node.end)}`);
    }
    const variable = exportedVariable(node);
    const fill = body[i + 1];
    if (variable && !variable.init && fill?.type === "ExpressionStatement") {
      replace(node.start, variable.start, `export const ${variable.name} = /* @__PURE__ */ (() => {\nvar `);
      replace(fill.end, fill.end, `\nreturn ${variable.name};\n})();`);
      body.splice(i + 1, 1);
    } else if (variable?.init?.type === "CallExpression") {
      if (!code.slice(variable.start, variable.init.start).includes("__PURE__")) {
        replace(variable.init.start, variable.init.start, "/* @__PURE__ */ ");
      }
    } else if (variable?.init && !isInert(variable.init)) {
      const { start, end } = variable.init;
      replace(start, end, `/* @__PURE__ */ (() => (${code.slice(start, end)}))()`);
    }
  }
  return marked + code.slice(copied);
}

/** The variable that a statement declares and exports, if it does that; `init` is what it is set to. */
function exportedVariable(node: Node) {
  const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : undefined;
  const [first, second] = declaration?.type === "VariableDeclaration" ? declaration.declarations : [];
  return first && !second && first.id.type === "Identifier" ? { ...first, name: first.id.name } : undefined;
}

/** Whether an expression can be seen to do nothing. */
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
