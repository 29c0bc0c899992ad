// All rules, in the order of their IDs.
export { commentResource } from "./comment-resource.ts";
export { entityMeta } from "./entity-meta.ts";
export { enumNames } from "./enum-names.ts";
export { gatewaySurface } from "./gateway-surface.ts";
export { goPackage } from "./go-package.ts";
export { idType } from "./id-type.ts";
export { pagination } from "./pagination.ts";
export { secretPlacement } from "./secret-placement.ts";
export { secretRedacted } from "./secret-redacted.ts";
export { serviceName } from "./service-name.ts";
export { syntax } from "./syntax.ts";
export { timestamp } from "./timestamp.ts";
export { updateOptional } from "./update-optional.ts";
