export interface Target {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
  readonly authority: string
}

/** A URL's parts; the scheme is http unless told. */
export function targetOf(url: string): Target | undefined {
  const found = /^(?:(https?):\/\/)?(?:[^@/]*@)?([^/:?#]+)(?::(\d+))?([/?][^#]*)?/.exec(url)
  if (!found?.[2]) return undefined
  const secure = found[1] === 'https'
  const port = found[3] ? Number(found[3]) : secure ? 443 : 80
  const path = found[4] ?? '/'
  return {
    secure,
    host: found[2],
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    authority: found[2] + (found[3] ? `:${found[3]}` : ''),
  }
}

/** What servers write beside a status. */
export const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** Linux gives up connecting after about this long (tcp_syn_retries). */
export const connectMillis = 131_000
