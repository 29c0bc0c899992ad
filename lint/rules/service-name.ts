import type { Rule } from "../pluginrpc/rule.js";
import { inGateway } from "../vocabulary.js";

/**
 * A service's name tells whether outside clients can call it: those of the gateway end in Gateway, all
 * others in Service.
 *
 *     package agynio.api.agents.v1;
 *     service Agents {}                // must be AgentsService
 *
 *     package agynio.api.gateway.v1;
 *     service AgentsService {}         // must be AgentsGateway
 */
export const serviceName: Rule = {
  id: "AGYN_SERVICE_NAME",
  categories: ["AGYN"],
  purpose: "Checks that services end in Service, and those of the gateway in Gateway.",
  check: {
    service(service, { report }) {
      const [suffix, where] = inGateway(service.file) ? ["Gateway", "in"] : ["Service", "outside"];
      if (!service.name.endsWith(suffix)) {
        report(
          service,
          `Service ${service.name} is ${where} the gateway package, so its name must end in ${suffix}.`,
          1,
        );
      }
    },
  },
};
