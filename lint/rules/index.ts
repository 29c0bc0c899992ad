// Every rule, in the order of their IDs. A new one is a line here.
export { commentResource } from "./comment-resource.js";
export { entityMeta } from "./entity-meta.js";
export { gatewaySurface } from "./gateway-surface.js";
export { goPackage } from "./go-package.js";
export { idType } from "./id-type.js";
export { pagination } from "./pagination.js";
export { secretPlacement } from "./secret-placement.js";
export { secretRedacted } from "./secret-redacted.js";
export { serviceName } from "./service-name.js";
export { timestamp } from "./timestamp.js";
export { updateOptional } from "./update-optional.js";
