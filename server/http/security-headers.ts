import type { MiddlewareHandler } from 'hono'

/**
 * What our pages may do. Styles may be inline because reveal.js and xterm.js set them on elements; scripts may not,
 * so HTML that slipped through a deck's sanitiser runs nothing. Images may come from `data:` (the QR code).
 */
function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    // Safari before 15.4 does not count a WebSocket to the same host as 'self'.
    `connect-src 'self' ws://${host}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const HOST = /^[A-Za-z0-9.:[\]-]+$/

export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next()
    const host = context.req.header('host') ?? ''
    const { headers } = context.res
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', contentSecurityPolicy(HOST.test(host) ? host : ''))
    headers.set('x-content-type-options', 'nosniff')
    headers.set('x-frame-options', 'DENY')
    headers.set('referrer-policy', 'no-referrer')
    if (!headers.has('cross-origin-resource-policy')) headers.set('cross-origin-resource-policy', 'same-origin')
    headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=()')
  }
}
