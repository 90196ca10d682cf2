import type { MiddlewareHandler } from 'hono'
import { Problem } from '../protocol/http-api.ts'

/** Who opens an address with a browser gets our problems as a page; programs keep getting JSON. */
export function errorPages(): MiddlewareHandler {
  return async (context, next) => {
    await next()
    const { res, req } = context
    // What somebody's own server answers below `/served/` has a policy of its own already, and stays as it is.
    if (res.status < 400 || res.headers.has('content-security-policy') || !wantsPage(req.header('accept'), req.path, req.method)) return
    if (!res.headers.get('content-type')?.startsWith('application/json')) return
    const told = Problem.safeParse(await res.clone().json())
    if (!told.success) return
    const headers = new Headers(res.headers)
    headers.set('content-type', 'text/html; charset=utf-8')
    headers.delete('content-length')
    const page = errorPage(TITLES[res.status] ?? 'This did not work', told.data.say)
    context.res = undefined
    context.res = new Response(req.method === 'HEAD' ? null : page, { status: res.status, headers })
  }
}

function wantsPage(accept: string | undefined, path: string, method: string): boolean {
  return (method === 'GET' || method === 'HEAD') && !path.startsWith('/api/') && (accept ?? '').includes('text/html')
}

const TITLES: Readonly<Record<number, string>> = {
  401: 'Join first',
  403: 'Not from here',
  404: 'There is no such page',
  429: 'Too often',
  503: 'Not ready yet',
}

/** One page that needs nothing else: what happened, and the way on. The colours are those of `client/ui/theme.css`. */
function errorPage(title: string, say: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<title>${escaped(title)} · Deckhand</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; box-sizing: border-box;
  background: light-dark(#fbfaf7, #0d2438); color: light-dark(#10202f, #eef1ef);
  font: 400 18px/1.45 'IBM Plex Sans', 'Noto Sans', system-ui, sans-serif }
main { max-width: 34rem }
h1 { margin: 0 0 16px; font-size: 30px; line-height: 1.15; font-weight: 600; letter-spacing: -0.01em }
p { margin: 0 0 24px; overflow-wrap: anywhere }
a { display: inline-block; padding: 10px 20px; border-radius: 6px; font-weight: 600; text-decoration: none;
  background: light-dark(#c7431d, #f2704a); color: light-dark(#fff, #1d0d06) }
a:focus-visible { outline: 2px solid light-dark(#0b62c4, #7cb8ff); outline-offset: 2px }
</style>
<main><h1>${escaped(title)}</h1><p>${escaped(say)}</p><a href="/">Go to the workshop</a></main>
</html>
`
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
