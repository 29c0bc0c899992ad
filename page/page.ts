// Joins Swagger UI and the gateway's document, openapi.json. Swagger UI lets plugins replace its components and functions:
// https://github.com/swagger-api/swagger-ui/blob/master/docs/customization/plug-points.md

/** A map of Immutable.js, as Swagger UI holds the document. */
interface Data {
  readonly size: number;
  get<T = string>(key: string): T;
  getIn<T = string>(path: string[]): T | undefined;
  update<T>(key: string, change: (value: T) => T): Data;
  entrySeq(): Iterable<[string, Data]>;
}
/** A list or map of Immutable.js, whose values are maps. */
interface DataList {
  readonly size: number;
  first(): Data;
  map(change: (item: Data) => Data): DataList;
  filter(matches: (item: Data) => boolean): DataList;
  reduce(add: (sum: number, item: Data) => number, start: number): number;
}
/** What Swagger UI gives to plugins and components: https://github.com/swagger-api/swagger-ui/tree/master/docs/customization. */
interface System {
  React: {
    createElement(type: unknown, properties: object | null, ...children: unknown[]): unknown;
    Fragment: unknown;
    useEffect(effect: () => void, dependencies: unknown[]): void;
    useState(value: string): [string, (value: string) => void];
  };
  getComponent(name: string, isContainer: boolean): unknown;
  specSelectors: {
    specJson(): Data;
    info(): Data;
    servers(): DataList;
    securityDefinitions(): Data;
    taggedOperations(): DataList;
    requestFor(path: string, method: string): Data;
  };
  oas3Actions: {
    setSelectedServer(server: string): void;
    setServerVariableValue(value: { server: string; key: string; val: string }): void;
  };
  authActions: { authorize(tokens: object): void; logout(names: string[]): void };
  layoutActions: { updateFilter(phrase: string): void };
}
interface Typing {
  target: { value: string };
}
/** A schema, in which references are replaced by what they refer to. */
interface Schema {
  description?: string;
  items?: Schema;
  not?: unknown;
  oneOf?: Schema[];
  /** The address of what was referred to. */
  $$ref?: string;
}
declare const SwaggerUIBundle: (options: object) => void;

const isDark = matchMedia("(prefers-color-scheme: dark)");
const showScheme = () => document.documentElement.classList.toggle("dark-mode", isDark.matches);
isDark.addEventListener("change", showScheme);
showScheme();

/** Returns the kind of stream that an operation is, such as "server_streaming"; undefined for a unary RPC. */
const streamOf = (specSelectors: System["specSelectors"], path: string, method: string) =>
  specSelectors.specJson().getIn(["paths", path, method, "x-connect-stream"]);

const countOperations = (tag: Data) => tag.get<DataList>("operations").size;

/** Keeps the operations whose path, summary or description has every word. */
function filterOperations(tags: DataList, phrase: string): DataList {
  const words = phrase.toLowerCase().split(/\s+/);
  const matches = (item: Data) => {
    const operation = item.get<Data>("operation");
    const text = [item.get("path"), operation.get("summary"), operation.get("description")]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return tags
    .map((tag) => tag.update<DataList>("operations", (operations) => operations.filter(matches)))
    .filter((tag) => countOperations(tag) > 0);
}

/** Returns whether the fields at the top can be used, and shows what is wrong with one that cannot. */
const checkFields = () =>
  [...document.querySelectorAll<HTMLInputElement>(".schemes input")].every((field) => field.reportValidity());

/** Returns a schema whose label is of two types, such as "string | integer", where one of them has exceptions. */
const omitExceptions = ({ not, items, oneOf, ...schema }: Schema): Schema => ({
  ...schema,
  ...(items && { items: omitExceptions(items) }),
  ...(oneOf && { oneOf: oneOf.map(omitExceptions) }),
});

/** Returns what to do about a call without a response: the browser hides the reason from the page. */
function explainFailure(url: string): string {
  const sentences = [
    `No response from ${url}. Either it cannot be reached, or it does not allow calls from this page.`,
    `The gateway must allow the origin ${location.origin} (CORS: Access-Control-Allow-Origin).`,
  ];
  if (location.protocol === "https:" && url.startsWith("http:")) {
    sentences.push("From a page on HTTPS, only localhost can be called over HTTP.");
  }
  return sentences.join(" ");
}

function joinGateway({ React }: System) {
  const h = React.createElement;

  function InfoContainer({ specSelectors, getComponent }: System) {
    const info = specSelectors.info();
    return h(
      "header",
      { role: "banner" },
      h("h1", null, `${info.get("title")} ${info.get("version")}`),
      h(
        "details",
        null,
        h("summary", null, "How calls work"),
        h(getComponent("Markdown", true), { source: info.get("description") }),
      ),
      h("p", null, "The same as an OpenAPI document: ", h("a", { href: "openapi.json" }, "openapi.json")),
    );
  }

  function ServersContainer({ specSelectors, oas3Actions }: System) {
    const server = specSelectors.servers().first();
    const url = server.get("url");
    const [[key, variable] = []] = server.get<Data | undefined>("variables")?.entrySeq() ?? [];
    const [value, setValue] = React.useState(variable?.get("default") ?? new URL(url, location.href).origin);
    const isUsable = /^https?:\/\//i.test(value) && URL.canParse(value);
    React.useEffect(() => oas3Actions.setSelectedServer(url), []);
    React.useEffect(() => {
      key && isUsable && oas3Actions.setServerVariableValue({ server: url, key, val: value });
    }, [value]);
    const onChange = ({ target }: Typing) => setValue(target.value.trim());
    const wanted = "It must be a URL that begins with http:// or https://.";
    // Where the server is no URL, Swagger UI would send calls, and the token, to the page's own host.
    const check = (field: HTMLInputElement | null) => field?.setCustomValidity(isUsable ? "" : wanted);
    return h(
      "div",
      { className: "server" },
      h(
        "label",
        { className: "field" },
        "Server that calls are sent to",
        h("input", { type: "url", value, onChange, readOnly: !key, ref: check }),
      ),
      !isUsable && h("p", { role: "alert" }, wanted),
    );
  }

  function AuthorizeBtnContainer({ specSelectors, authActions }: System) {
    const [[name, schema] = []] = specSelectors.securityDefinitions().entrySeq();
    const onChange = ({ target }: Typing) => {
      const value = target.value.trim().replace(/^Bearer\s+/i, "");
      value
        ? authActions.authorize({ [`${name}`]: { name, schema, value } })
        : authActions.logout([`${name}`]);
    };
    const title = "A token consists of visible ASCII characters.";
    return h(
      "label",
      { className: "field" },
      `Token: ${schema?.get("description")} It is not stored.`,
      h("input", { type: "password", autoComplete: "off", onChange, pattern: "[ -~]*", title }),
    );
  }

  function FilterContainer({ specSelectors, layoutActions }: System) {
    const count = specSelectors.taggedOperations().reduce((sum, tag) => sum + countOperations(tag), 0);
    const onChange = ({ target }: Typing) => layoutActions.updateFilter(target.value.trim());
    return h(
      "search",
      null,
      h("h2", null, "RPCs"),
      h(
        "label",
        { className: "field" },
        "Search by name, service or description",
        h("input", { type: "search", onChange }),
      ),
      h(
        "p",
        { role: "status" },
        count === 0 ? "No RPC has all of these words." : `${count} ${count === 1 ? "RPC" : "RPCs"}`,
      ),
    );
  }

  return {
    fn: { opsFilter: filterOperations },
    components: {
      InfoContainer,
      ServersContainer,
      AuthorizeBtnContainer,
      FilterContainer,
      // A link in a button is not accessible. The button of an operation sets the address too.
      DeepLink: ({ text }: { text: string }) => h("span", null, text),
      // One token is for all RPCs.
      authorizeOperationBtn: () => null,
      // Every RPC that can be called is ready for it.
      TryItOutButton: () => null,
      // Rules of oneofs, which the descriptions have in words.
      JSONSchema202012KeywordDependentSchemas: () => null,
    },
    wrapComponents: {
      ExamplesSelect: (Select: unknown) => (props: object) =>
        h("label", { className: "field" }, "Examples", h(Select, props)),
      // A field has its own description. Swagger UI omits that of its type, such as the values of an enum.
      JSONSchema202012KeywordDescription:
        (Description: unknown, { specSelectors }: System) =>
        ({ schema }: { schema: Schema }) => {
          const name = schema.$$ref?.split("/").at(-1) ?? "";
          const description = specSelectors.specJson().getIn(["components", "schemas", name, "description"]);
          return h(
            React.Fragment,
            null,
            h(Description, { schema }),
            description !== schema.description && h(Description, { schema: { description } }),
          );
        },
      // Descriptions also have the values of enums, whose schemas except them from numbers, and what patterns are for.
      JSONSchema202012KeywordOneOf:
        (OneOf: unknown) =>
        ({ schema }: { schema: Schema }) =>
          schema.oneOf?.some(({ not }) => not) ? null : h(OneOf, { schema }),
      JSONSchema202012KeywordType:
        (Type: unknown) =>
        ({ schema, ...props }: { schema: Schema }) =>
          h(Type, { schema: omitExceptions(schema), ...props }),
      JSONSchema202012KeywordConstraint:
        (Constraint: unknown) => (props: { constraint: { value: string } }) =>
          props.constraint.value.startsWith("matches ") ? null : h(Constraint, props),
      TextArea: (TextArea: unknown) => (props: object) =>
        h(TextArea, { "aria-label": "Request body", ...props }),
      operations: (Operations: unknown) => (props: System) =>
        props.specSelectors.taggedOperations().size > 0 ? h(Operations, props) : null,
      OperationSummaryPath:
        (Path: unknown, { specSelectors }: System) =>
        (props: { operationProps: Data }) => {
          const [path, method] = [props.operationProps.get("path"), props.operationProps.get("method")];
          const stream = streamOf(specSelectors, path, method);
          return h(
            React.Fragment,
            null,
            h(Path, props),
            stream && h("em", null, `${stream.split("_")[0]} stream`),
          );
        },
      liveResponse:
        (Response: unknown) => (props: System & { response: Data; path: string; method: string }) =>
          props.response.get("error") && !props.response.get("status")
            ? h(
                "p",
                { role: "alert" },
                explainFailure(props.specSelectors.requestFor(props.path, props.method).get("url")),
              )
            : h(Response, props),
    },
    statePlugins: {
      layout: {
        wrapSelectors: {
          // What a search finds is visible.
          isShown:
            (isShown: (...values: unknown[]) => boolean) =>
            (state: Data, key: string | string[], ...defaults: unknown[]) => {
              const phrase = state.get<unknown>("filter");
              const isFound = key[0] === "operations-tag" && typeof phrase === "string" && phrase !== "";
              return isFound || isShown(key, ...defaults);
            },
        },
      },
      spec: {
        wrapSelectors: {
          // No call is sent unless this is true.
          validateBeforeExecute:
            (validate: (...values: unknown[]) => boolean) =>
            (_state: unknown, ...values: unknown[]) =>
              checkFields() && validate(...values),
          allowTryItOutFor:
            (_: unknown, { specSelectors }: System) =>
            (_state: unknown, path: string, method: string) =>
              !streamOf(specSelectors, path, method),
        },
      },
    },
  };
}

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  plugins: [joinGateway],
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  filter: true,
  // Highlighted lines of curl do not wrap.
  syntaxHighlight: { activated: false },
  tryItOutEnabled: true,
});
