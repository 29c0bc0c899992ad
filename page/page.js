// Joins Swagger UI and the gateway's document, openapi.json. Swagger UI lets plugins replace its components and functions:
// https://github.com/swagger-api/swagger-ui/blob/master/docs/customization/plug-points.md

const isDark = matchMedia("(prefers-color-scheme: dark)");
const showScheme = () => document.documentElement.classList.toggle("dark-mode", isDark.matches);
isDark.addEventListener("change", showScheme);
showScheme();

/** Returns the kind of stream that an operation is, such as "server_streaming"; undefined for a unary RPC. */
const streamOf = (specSelectors, path, method) =>
  specSelectors.specJson().getIn(["paths", path, method, "x-connect-stream"]);

/** Keeps the operations whose path, summary or description has every word. */
function filterOperations(tags, phrase) {
  const words = phrase.toLowerCase().split(/\s+/);
  const matches = (item) => {
    const operation = item.get("operation");
    const text = [item.get("path"), operation.get("summary"), operation.get("description")]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return tags
    .map((tag) => tag.update("operations", (operations) => operations.filter(matches)))
    .filter((tag) => tag.get("operations").size > 0);
}

/** Returns what to do about a call without a response: the browser hides the reason from the page. */
function explainFailure(url) {
  const sentences = [
    `No response from ${url}. Either it cannot be reached, or it does not allow calls from this page.`,
    `The gateway must allow the origin ${location.origin} (CORS: Access-Control-Allow-Origin).`,
  ];
  if (location.protocol === "https:" && url.startsWith("http:")) {
    sentences.push("From a page on HTTPS, only localhost can be called over HTTP.");
  }
  return sentences.join(" ");
}

function joinGateway({ React }) {
  const h = React.createElement;

  function InfoContainer({ specSelectors, getComponent }) {
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

  function ServersContainer({ specSelectors, oas3Selectors, oas3Actions }) {
    const server = specSelectors.servers().first();
    const url = server.get("url");
    const [[key, variable] = []] = server.get("variables")?.entrySeq() ?? [];
    const setValue = (val) => oas3Actions.setServerVariableValue({ server: url, key, val });
    React.useEffect(() => {
      oas3Actions.setSelectedServer(url);
      if (key) {
        setValue(variable.get("default"));
      }
    }, []);
    const value = key && (oas3Selectors.serverVariableValue(url, key) ?? variable.get("default"));
    const onChange = ({ target }) => setValue(target.value.trim());
    const field = key
      ? { type: "url", value, onChange }
      : { value: new URL(url, location.href).origin, readOnly: true };
    return h(
      "div",
      { className: "server" },
      h("label", { className: "field" }, "Server that calls are sent to", h("input", field)),
      key &&
        !/^https?:\/\/./.test(value) &&
        h("p", { role: "alert" }, "It must begin with http:// or https://."),
    );
  }

  function AuthorizeBtnContainer({ specSelectors, authActions }) {
    const [name, schema] = specSelectors.securityDefinitions().entrySeq().first();
    const onChange = ({ target }) => {
      const value = target.value.trim();
      value ? authActions.authorize({ [name]: { name, schema, value } }) : authActions.logout([name]);
    };
    return h(
      "label",
      { className: "field" },
      `Token: ${schema.get("description")} It is not stored.`,
      h("input", { type: "password", autoComplete: "off", onChange }),
    );
  }

  function FilterContainer({ specSelectors, layoutActions }) {
    const count = specSelectors.taggedOperations().reduce((sum, tag) => sum + tag.get("operations").size, 0);
    const onChange = ({ target }) => layoutActions.updateFilter(target.value.trim());
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
      h("p", { role: "status" }, count === 0 ? "No RPC has all of these words." : `${count} RPCs`),
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
      DeepLink: ({ text }) => h("span", null, text),
      // One token is for all RPCs.
      authorizeOperationBtn: () => null,
      // Every RPC that can be called is ready for it.
      TryItOutButton: () => null,
    },
    wrapComponents: {
      TextArea: (TextArea) => (props) => h(TextArea, { "aria-label": "Request body", ...props }),
      operations: (Operations) => (props) =>
        props.specSelectors.taggedOperations().size > 0 ? h(Operations, props) : null,
      OperationSummaryPath:
        (Path, { specSelectors }) =>
        (props) => {
          const { path, method } = props.operationProps.toObject();
          const stream = streamOf(specSelectors, path, method);
          return h(
            React.Fragment,
            null,
            h(Path, props),
            stream && h("em", null, `${stream.split("_")[0]} stream`),
          );
        },
      liveResponse: (Response) => (props) =>
        props.response.get("error") && !props.response.get("status")
          ? h(
              "p",
              { role: "alert" },
              explainFailure(props.specSelectors.requestFor(props.path, props.method).get("url")),
            )
          : h(Response, props),
    },
    statePlugins: {
      spec: {
        wrapSelectors: {
          allowTryItOutFor:
            (_, { specSelectors }) =>
            (_state, path, method) =>
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
