/** What the host of this process can do. */
export interface Host {
  /** True if a connection can stay open between requests. */
  readonly keepsConnections: boolean;
  /** True if a request may wait for work that another request has started. */
  readonly sharesWork: boolean;
}

interface HostGlobals {
  EdgeRuntime?: unknown;
  navigator?: { userAgent?: string };
  process?: { env?: Record<string, string | undefined> };
}

/** Detects the host from its global variables. */
export function detectHost(globals: HostGlobals = globalThis as HostGlobals): Host {
  const isWorkerd = globals.navigator?.userAgent === 'Cloudflare-Workers';
  const isEdge = isWorkerd || globals.EdgeRuntime !== undefined;
  const variables = globals.process?.env;
  // Instances of functions are suspended between requests.
  const isFunction = variables?.['AWS_LAMBDA_FUNCTION_NAME'] !== undefined || variables?.['VERCEL'] === '1';
  return { keepsConnections: !isEdge && !isFunction, sharesWork: !isEdge };
}
