import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}
const IMAGES = new Set(['.png', '.jpg', '.jpeg', '.gif', '.svg', '.webp', '.avif'])
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.map', '.svg', '.webmanifest'])
/** Below this, headers weigh more than what compressing saves. */
const WORTH_COMPRESSING = 1024

type Encoding = 'br' | 'gzip'

const compressors: Readonly<Record<Encoding, (data: Buffer) => Promise<Buffer>>> = {
  br: (data) => promisify(brotliCompress)(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (data) => promisify(gzip)(data),
}

/** Serves the built client. Compressed copies are kept in memory: all of it is a few megabytes, and phones wait for it. */
export class StaticFiles {
  readonly #folder: string
  readonly #compressed = new Map<string, Promise<Buffer>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param path a URL's path, decoded @returns undefined when there is no such file */
  async serve(path: string, acceptEncoding: string, cache: 'immutable' | 'never'): Promise<Response | undefined> {
    const file = await within(this.#folder, path)
    if (file === undefined) return undefined
    const data = await readFile(file.path)
    const extension = extname(file.path).toLowerCase()
    const headers = headersFor(extension, cache === 'immutable' ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (!COMPRESSIBLE.has(extension) || data.length < WORTH_COMPRESSING) return new Response(new Uint8Array(data), { headers })
    headers.set('vary', 'accept-encoding')
    const encoding = pick(acceptEncoding)
    if (encoding === undefined) return new Response(new Uint8Array(data), { headers })
    headers.set('content-encoding', encoding)
    return new Response(new Uint8Array(await this.#compress(`${file.path} ${file.changed}`, encoding, data)), { headers })
  }

  #compress(version: string, encoding: Encoding, data: Buffer): Promise<Buffer> {
    const key = `${encoding} ${version}`
    const known = this.#compressed.get(key)
    if (known) return known
    const compressed = compressors[encoding](data)
    this.#compressed.set(key, compressed)
    return compressed
  }
}

/** An image beside the deck; nothing else in that folder is anybody's business. */
export async function serveImage(folder: string, path: string): Promise<Response | undefined> {
  const extension = extname(path).toLowerCase()
  if (!IMAGES.has(extension)) return undefined
  const file = await within(folder, path)
  if (file === undefined) return undefined
  const headers = headersFor(extension, 'private, max-age=60')
  // An SVG that is opened by itself is a document, and would run its scripts as one of ours.
  if (extension === '.svg') headers.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  return new Response(new Uint8Array(await readFile(file.path)), { headers })
}

/** A URL's path as it was meant; one that was encoded wrongly names nothing. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}

/** The file of this path in a folder; undefined when there is none, or when it lies elsewhere, be it through a link. */
async function within(folder: string, path: string): Promise<{ path: string; changed: number } | undefined> {
  if (path.includes('\0') || path.split(/[/\\]/).some((part) => part === '..' || (part.startsWith('.') && part !== ''))) return undefined
  try {
    const root = await realpath(folder)
    const file = await realpath(join(root, path))
    if (!file.startsWith(root + sep)) return undefined
    const status = await stat(file)
    return status.isFile() ? { path: file, changed: status.mtimeMs } : undefined
  } catch {
    return undefined
  }
}

function headersFor(extension: string, cacheControl: string): Headers {
  return new Headers({ 'content-type': TYPES[extension] ?? 'application/octet-stream', 'cache-control': cacheControl })
}

function pick(acceptEncoding: string): Encoding | undefined {
  const offered = acceptEncoding.split(',').map((part) => part.trim().split(';')[0])
  return offered.includes('br') ? 'br' : offered.includes('gzip') ? 'gzip' : undefined
}
