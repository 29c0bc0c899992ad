import { isInGateway } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { part } from "./vocabulary.ts";

/**
 * The name of a service shows whether clients outside the platform can call it: services of the gateway end in
 * Gateway, all others in Service.
 *
 *     package agynio.api.agents.v1;
 *     service Agents {}                // must be AgentsService
 *
 *     package agynio.api.gateway.v1;
 *     service AgentsService {}         // must be AgentsGateway
 */
export const serviceName: Rule = {
  id: "AGYN_SERVICE_NAME",
  purpose: "Checks that names of services end in Gateway in the gateway package, and in Service elsewhere.",
  check: {
    service(service, { report }) {
      const [suffix, where] = isInGateway(service.file) ? ["Gateway", "in"] : ["Service", "outside"];
      if (!service.name.endsWith(suffix)) {
        const problem = `Service ${service.name} is ${where} the gateway package`;
        report(service, `${problem}, so its name must end in ${suffix}.`, part.service.name);
      }
    },
  },
};
