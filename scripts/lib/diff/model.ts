/** What a change is about. `option` and `reserved` are of the element that has them, `comment` too. */
export type Kind =
  | "package"
  | "file"
  | "service"
  | "rpc"
  | "message"
  | "field"
  | "extension"
  | "oneof"
  | "enum"
  | "value"
  | "option"
  | "reserved"
  | "comment";

export type Action = "added" | "removed" | "changed" | "deprecated" | "moved" | "renamed";

/** How much a change weighs for those who use the contract. */
export type Weight = "breaking" | "addition" | "documentation";

/** One change of the contract. */
export interface Entry {
  kind: Kind;
  action: Action;
  /** `breaking` where buf says so by any rule of its category FILE, `documentation` for comments, `addition` for all else. */
  weight: Weight;
  /**
   * Full name of the element: agynio.api.chat.v1.ChatMessage.body, a package, or a file's path. Of an
   * element that is renamed, its new name.
   */
  element: string;
  /** Package that the element is in. */
  package: string;
  /** Service of the package that the element is, belongs to, or is used by. */
  service?: string;
  /** Message of the package that the element is about, as the service's RPCs name it. */
  resource?: string;
  /** Whether a service of a gateway package has or uses it. */
  public: boolean;
  /** Path of the file that declares it, as an import says it: of a removed element, where it was. */
  file: string;
  /** What of the element changed: "type", "number", "go_package". */
  property?: string;
  /** What it was, where it is changed, moved or renamed, or an option, a reservation or a comment is gone. */
  from?: string;
  /** What it is now, in the same cases. */
  to?: string;
  /** Of a field or value: its number; as it is now, or was last. */
  number?: number;
  /** Of a field: its type; as it is now, or was last. */
  type?: string;
  /** First sentence of the element's comment, if it has one. */
  comment?: string;
  /** What came or went with an element that was added or removed, and has no entry of its own. */
  contents?: Contents;
  /** What buf says of it: IDs of its rules and its words, where it breaks. */
  breaks?: Break[];
}

/** A verdict of `buf breaking`. */
export interface Break {
  /** ID of buf's rule: https://buf.build/docs/breaking/rules */
  rule: string;
  message: string;
}

/** The parts of an element that was added or removed. */
export interface Contents {
  /** Of a service. */
  rpcs?: Rpc[];
  /** Of a service or RPC: messages that nothing but it and its like use. Of a message: those nested in it. */
  messages?: MessageContents[];
  /** Of a message. */
  fields?: Field[];
  /** Enums nested in these messages, or in the message itself. */
  enums?: EnumContents[];
  /** Of an enum. */
  values?: Value[];
}

export interface Rpc {
  /** Short name. */
  name: string;
  /** Full names of messages, after "stream " where the RPC streams them. */
  request: string;
  response: string;
  resource?: string;
  comment?: string;
}

export interface MessageContents {
  /** Full name. */
  name: string;
  fields: Field[];
}

export interface EnumContents {
  /** Full name. */
  name: string;
  values: Value[];
}

export interface Field {
  name: string;
  number: number;
  type: string;
}

export interface Value {
  name: string;
  number: number;
}

/** A contract that is compared, or the absence of one. */
export interface Side {
  /** For people: what it is. */
  label: string;
  /** Path of its descriptor image, which is only to be read; undefined where there was no contract yet. */
  image?: string;
  /** Whether the image was built without source info, so that it has no comments to compare. */
  withoutComments?: boolean;
}

/** All that differs between two contracts. */
export interface ContractDiff {
  before: Side;
  after: Side;
  /** By package, service and resource; none twice. */
  entries: Entry[];
}
