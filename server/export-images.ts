import { serveImage, decodedPath } from './http/static-files.ts'
import type { Slide } from './protocol/deck.ts'
import type { EmbeddedImage } from './protocol/exported-deck.ts'

/** How a deck's HTML and backgrounds name a file beside the deck. */
const IMAGE = /"(\/slides\/[^"]*)"/g

/** The images that slides show, by the address they show them with; and those that are not there. */
export async function imagesOf(
  slides: readonly Slide[],
  folder: string,
): Promise<{ readonly images: Record<string, EmbeddedImage>; readonly missing: readonly string[] }> {
  const addresses = new Set<string>()
  for (const { steps, background } of slides)
    for (const text of [...Object.values(background), ...steps.flatMap(({ html, notes }) => [html, notes])])
      for (const [, address = ''] of text.matchAll(IMAGE)) addresses.add(address)
  const images: Record<string, EmbeddedImage> = {}
  const missing: string[] = []
  for (const address of addresses) {
    const path = decodedPath(
      address
        .replaceAll('&amp;', '&')
        .replaceAll('&#x26;', '&')
        .replace(/^\/slides\//, '')
        .replace(/[?#].*$/, ''),
    )
    const answer = await serveImage(folder, path)
    if (answer) images[address] = await embedded(answer)
    else missing.push(address)
  }
  return { images, missing }
}

async function embedded(answer: Response): Promise<EmbeddedImage> {
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? ''
  return { type, base64: Buffer.from(await answer.arrayBuffer()).toString('base64') }
}
