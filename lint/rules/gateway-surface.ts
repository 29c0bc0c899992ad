import type { DescMethod } from "@bufbuild/protobuf";
import { isInGateway } from "../../scripts/lib/contract/descriptors.ts";
import { findFronted, frontedName, frontedRpc } from "../../scripts/lib/contract/gateway.ts";
import type { Rule } from "./rule.ts";
import { part } from "./vocabulary.ts";

/**
 * The gateway passes calls on unchanged, so its services declare the same RPCs as the internal services that they
 * front. XxxGateway fronts XxxService.
 *
 *     message GetAgentRequest {}       // no messages here: use those of the service
 *     service AgentsGateway {
 *       // must return agynio.api.agents.v1.GetAgentResponse, as AgentsService.GetAgent does
 *       rpc GetAgent(agynio.api.agents.v1.GetAgentRequest) returns (GetAgentAnswer);
 *     }
 */
export const gatewaySurface: Rule = {
  id: "AGYN_GATEWAY_SURFACE",
  purpose:
    "Checks that the gateway declares services only, with the same RPCs as the services that they front.",
  check: {
    file(file, { report }) {
      if (isInGateway(file)) {
        for (const type of [...file.messages, ...file.enums, ...file.extensions]) {
          const advice = `move ${type.name} to the package of the service that uses it`;
          report(type, `A gateway file must declare services only: ${advice}.`);
        }
      }
    },
    service(gateway, { report, registry }) {
      if (!isInGateway(gateway.file)) {
        return;
      }
      const service = findFronted(gateway, registry);
      if (service === undefined) {
        const message = `${gateway.name} fronts ${frontedName(gateway)}, which no imported package declares.`;
        report(gateway, message, part.service.name);
        return;
      }
      for (const rpc of gateway.methods) {
        const fronted = frontedRpc(rpc, registry);
        if (fronted === undefined) {
          const message = `${service.typeName} has no RPC ${rpc.name} that the gateway can front.`;
          report(rpc, message, part.method.name);
          continue;
        }
        for (const [trait, { of, part }] of Object.entries(traits)) {
          const expected = of(fronted);
          if (of(rpc) !== expected) {
            const message = `The ${trait} of ${rpc.name} must be ${expected}, as in ${service.typeName}.`;
            report(rpc, message, part(rpc));
          }
        }
      }
    },
  },
};

/** The properties that an RPC of the gateway shares with the RPC that it fronts, and the parts that declare them. */
const traits: Record<string, { of: (rpc: DescMethod) => string; part: (rpc: DescMethod) => number }> = {
  "request type": { of: (rpc) => rpc.input.typeName, part: () => part.method.input },
  "response type": { of: (rpc) => rpc.output.typeName, part: () => part.method.output },
  request: {
    of: (rpc) => (rpc.proto.clientStreaming ? "a stream" : "a single message"),
    part: (rpc) => (rpc.proto.clientStreaming ? part.method.clientStreaming : part.method.input),
  },
  response: {
    of: (rpc) => (rpc.proto.serverStreaming ? "a stream" : "a single message"),
    part: (rpc) => (rpc.proto.serverStreaming ? part.method.serverStreaming : part.method.output),
  },
};
