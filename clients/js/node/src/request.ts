/** The part of a request of `node:http` or `node:http2` that decides who is signed in. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** A request of Node, or one of the Fetch standard. */
export type AnyRequest = NodeRequest | Request;

/** All values of the header with this name in lower case. */
export type HeaderValues = (name: string) => readonly string[];

/** The headers of a request, with repeated ones. */
export function headersOf(request: AnyRequest): HeaderValues {
  if ('rawHeaders' in request) return (name) => rawValues(request.rawHeaders, name);
  const { headers } = request;
  return (name) => {
    const value = headers.get(name);
    return value === null ? [] : [value];
  };
}

/** Node drops or joins repeated headers in `headers`, so this reads them as they arrived. */
function rawValues(raw: readonly string[], name: string): readonly string[] {
  let values: string[] | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const candidate = raw[index];
    if (candidate?.length !== name.length || candidate.toLowerCase() !== name) continue;
    (values ??= []).push(raw[index + 1] ?? '');
  }
  return values ?? NONE;
}

const NONE: readonly string[] = Object.freeze([]);
