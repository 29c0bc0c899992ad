// Recognizes the fields that hold secrets.
import { type DescField, type DescMessage, isFieldSet } from "@bufbuild/protobuf";
import { FieldOptionsSchema } from "@bufbuild/protobuf/wkt";
import { commentOf, elementType, nameInPackage } from "../../scripts/lib/contract/descriptors.ts";
import { headOf, snakeCase } from "./vocabulary.ts";

/** A secret that a field holds. */
export interface Secret {
  /** Plaintext that gives access, the hash of such plaintext, or another secret, such as a signed URL. */
  kind: "credential" | "hash" | "other";
  /** What states that the field is a secret. */
  source: "name" | "comment";
}

/**
 * Returns the secret that a field holds, if any: by its name, if its type can hold text or bytes, or by a sentence in
 * its comment that begins with "Secret". `debug_redact = false` states that the field holds none.
 */
export function secretOf(field: DescField): Secret | undefined {
  if (markOf(field) === false) {
    return undefined;
  }
  const kind = carriers.includes(elementType(field)) ? kindOf(subjectOf(field)) : undefined;
  if (kind !== undefined) {
    return { kind, source: "name" };
  }
  return isDocumented(field) ? { kind: "other", source: "comment" } : undefined;
}

/** Returns whether a sentence in a field's comment begins with "Secret": "Secret. The …", "Secret if it …". */
export const isDocumented = (field: DescField): boolean => documented.test(commentOf(field));

// "Secret provider that …" and "Secret of the …" are about a resource.
const documented =
  /(^|[.!?:] )Secret(?=[.,:;!()–—-]|$| [-–—(]| (if|when|unless|because|as|since|until|and|or|only|for|to|with)\b)/;

/** Returns the value of a field's option debug_redact; undefined if it is not written. */
export function markOf({ proto: { options } }: DescField): boolean | undefined {
  return options && isFieldSet(options, FieldOptionsSchema.field.debugRedact)
    ? options.debugRedact
    : undefined;
}

/** Returns whether a field or, if it is a message, any field within it is marked debug_redact. */
export function isRedacted(field: DescField, seen = new Set<DescMessage>()): boolean {
  return markOf(field) === true || hasRedacted(field, seen);
}

/** Returns whether a field is a message with a field, at any depth, that is marked debug_redact. */
export function hasRedacted({ message }: DescField, seen = new Set<DescMessage>()): boolean {
  if (!message || seen.has(message)) {
    return false;
  }
  seen.add(message);
  return message.fields.some((inner) => isRedacted(inner, seen));
}

/** Returns whether the name of a credential, such as `access_token`, is that of one and not of several. */
export const isOneCredential = (name: string): boolean =>
  kindOf(name) === "credential" && !/(?<!credential)s$/.test(name);

/** Types that can hold text or bytes. */
const carriers = [
  "string",
  "bytes",
  ...["StringValue", "BytesValue", "Struct", "Value", "ListValue", "Any"].map(
    (name) => `google.protobuf.${name}`,
  ),
];

const words = (text: string) => text.trim().split(/\s+/).join("|");

/** Matches names of tokens that give no access: positions in a list, stream or history, IDs of requests, and words. */
const cursor = new RegExp(
  `^(?:next|prev|previous)_(?:\\w+_)?token$|(?:^|_)(?:${words(`
    page pages pagination paging next previous prev first last start end cursor continuation continue resume resumption
    stream task operation sync conflict consistency zed zookie delta watch checkpoint offset change changes position
    bookmark scroll list record log row marker seek iterator iteration partition fencing fence snapshot version
    revision sequence concurrency idempotency idempotent dedup deduplication request correlation tracking transaction
    retry cancel cancellation progress poll polling history replay etag
    eos bos unk unknown pad padding mask sep separator special stop vocabulary vocab prompt completion input output
    restore routing rewrite allocation execution precommit commit copy move lease lock design lexical`)})_token$`,
);

/** What makes `tokens`, a list, one of credentials: language models have lists of tokens too. */
const bearers = words(`
  api access refresh auth authentication authorization bearer session service bot device push registry join invite
  invitation enrollment personal deploy jwt oauth security secret id csrf login plaintext registration bootstrap
  reset verification identity delegation`);

/** What makes a key secret: keys of maps, indexes and caches are not, nor are public keys. */
const secretKeys = words(`
  api app application private priv access secret signing sign encryption decryption master root shared preshared account
  sa symmetric hmac aes md5 wrapping auth authentication authorization stream recovery setup tls ssl cert certificate
  svid json webhook mac eab ca unlock network nwk s enc sym`);

/** What makes a code secret: codes of errors, countries and languages are not. */
const secretCodes = words(`
  recovery backup verification otp totp mfa 2fa factor auth authorization authentication device time sms email login scratch
  reset pin pass access pairing activation unlock`);

/** What makes a ticket one that gives access: tickets of a help desk do not. */
const bearerTickets = words(`
  auth authentication login access session bearer kerberos granting websocket ws connect connection join stream
  download upload time sso handoff enrollment registration`);

/** What makes a PIN one of a person or a device: pins of certificates and of hardware are not secret. */
const secretPins = words(
  "user card security wallet unlock access device sim login room meeting conference new old current",
);

/** What makes a URL one with a password. */
const databases = words("database db postgres postgresql pg mysql mongo mongodb redis jdbc amqp");

/** Matches the ends of names of credentials. */
const credential = new RegExp(
  `(?:^|_)(?:${[
    `passwords?|passwd|pwd|passphrases?|passcodes?|otps?|totps?|psk|cvv|cvc|credentials?|creds|bearer|jwts?|tgt`,
    `(?<!(?:credentials?|password|pull|tls)_)secrets?|cookies?|macaroons?|authorization|saml_response`,
    `dsn|kubeconfigs?|kube_configs?|keytab|pkcs12|pfx|p12|(?:identity|service_account)_json`,
    `mnemonics?|(?:seed|recovery|backup|secret)_(?:phrases?|words)|(?:wallet|master|totp|otp|hd|nkey)_seed`,
    `(?:seed|wallet)_entropy|(?:auth|authorization|bearer)_headers?|(?:basic|registry|proxy)_auth|auth_str(?:ing)?`,
    `(?:client|saml|jwt)_assertion|(?:code|pkce)_verifier`,
    `private_(?:pem|der|bytes|jwks?)|pkcs8(?:_\\w+)?_keys?|(?<!public_)key_(?:pem|der)|pem_key`,
    `(?<!(?:public|publishable)_(?:\\w+_)?)(?:${secretKeys})_keys?|key_plaintext|plaintext_key`,
    `token|(?:${bearers})_tokens|(?:${secretCodes})_codes?`,
    `(?<!.)(?:ticket|pin)|(?:${bearerTickets})_tickets?|(?:${secretPins})_pin`,
    `(?:${databases})_ur[il]|(?:connection|conn)_str(?:ing)?`,
  ].join("|")})$`,
);

/** Matches names of URLs that give access to whoever has them. */
const signedUrl = /(^|_)((pre_?)?signed_(ur[il]|link|post)s?|sas_ur[il]|(magic|reset)_links?)$/;

/** Matches the ends of names of hashes. */
const hash = /_(hash(es)?|sha\d+|digest|hmac|bcrypt)$|^hashed(?=_)/;

/** Matches the ends of names that state how a value is written. */
const form =
  /(_?(?<![a-z])(values?|data|payload|plain|plain_?text|string|bytes|base64|b64|hex|raw|json|yaml|encoded|contents?|material|pem|der|v?\d+)|\d+)$/;

/** Matches names of what a policy is about, of texts that do not reveal a secret, and of keys and secrets elsewhere. */
const harmless =
  /^(masked|redacted|truncated|allow|allowed|deny|denied|block|blocked|forbidden|banned|ignore|ignored|required?|supported|excluded?|included?|from|secret_manager)_|(^|_)(kms|cmek|customer_managed)_/;

function kindOf(name: string): Secret["kind"] | undefined {
  if (harmless.test(name) || cursor.test(withoutForm(name))) {
    return undefined;
  }
  if (hash.test(name)) {
    return isCredential(name.replace(hash, "").replace(/^_/, "")) ? "hash" : undefined;
  }
  return isCredential(name) ? "credential" : signedUrl.test(name) ? "other" : undefined;
}

const isCredential = (name: string) => credential.test(name) || credential.test(withoutForm(name));

const withoutForm = (name: string): string => {
  const shorter = name.replace(form, "");
  return shorter === name ? name : withoutForm(shorter);
};

/**
 * Returns what a field holds: its name, or that of its message if the field only states that it has the message's
 * value, as in `Secret.value`, `ApiKey.key`, `Password.hash` and `PageToken.token`.
 */
function subjectOf({ name, parent }: DescField): string {
  const noun = splitWords(headOf(name));
  const nearby = [
    snakeCase(nameInPackage(parent).replaceAll(".", "_")),
    ...parent.fields.map((field) => withoutForm(field.name)),
  ];
  const found = inContext.find(
    ({ name, near }) => name.test(noun) && nearby.some((other) => near.test(other)),
  );
  if (found) {
    return found.meaning;
  }
  const [, pair] = /^(.*_|)key$/.exec(noun) ?? [];
  if (pair !== undefined && nearby.some((other) => certificate.test(other.replace(pair, "")))) {
    return "private_key";
  }
  const holder = subjectOfMessage(parent);
  if (/^(new_|old_)?hash$/.test(noun)) {
    return `${holder}_hash`;
  }
  const part = withoutForm(noun).replace(/^(backup|primary|secondary|old|new|current|previous)_/, "");
  const [last] = /[a-z]+$/.exec(holder) ?? [];
  const isPart = noun === "token" || kindOf(noun) === undefined;
  return isPart && (part === "" || part === last) && !/(^|_)(ticket|pin|authorization)s?$/.test(holder)
    ? holder
    : noun;
}

/** Matches names of certificates, next to which `key` is a private key. */
const certificate = /^(cert|certificate|crt)(_chain)?$/;

/** What a name means in a message, or next to a field, of another name. */
const inContext = [
  {
    name: /^code$/,
    near: /^redirect_ur[il]$|^code_verifier$|(^|_)(o_?auth\d?|oidc|open_id|sso|sign_?in|log_?in|callback|otp|mfa|verify)_(?!.*response$)/,
    meaning: "authorization_code",
  },
  // The name of a secret.
  {
    name: /^secret$/,
    near: /(^|_)secret_(ref|reference|volume|volume_source|key_ref)$/,
    meaning: "secret_name",
  },
  { name: /^auth$/, near: /^password$/, meaning: "basic_auth" },
  {
    // A position in a list or a stream, or a word of text.
    name: /^token$/,
    near: /(^|_)(cursor|continuation|checkpoint|bookmark|position|page|pagination|iterator|analyzer|tokenizer|log_?probs?|vocab\w*)(_|$)|^(list|query)_(\w+_)?(request|response)$|^(limit|page_size)$/,
    meaning: "page_token",
  },
  {
    // The name of a value in a secret that has several.
    name: /(^|_)secret_key$/,
    near: /(^|_)secret_(name|id|ref)$/,
    meaning: "secret_ref",
  },
];

/** Returns the name of a message in snake case without words such as Request: "create_secret", "secret_version". */
function subjectOfMessage(message: DescMessage): string {
  const name = snakeCase(nameInPackage(message).replaceAll(".", "_"));
  return withoutForm(splitWords(name).replace(/_(req|request|resp|response|reply)(?=_|$)/, "")).replace(
    /_(version|entry)$/,
    "",
  );
}

/** Splits words that are written as one: "apikey" is "api_key". */
const splitWords = (name: string) =>
  name.replace(/(^|_)(api|access|auth|private|secret|session|refresh)(key|token)s?(?=_|$)/g, "$1$2_$3");
