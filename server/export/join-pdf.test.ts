import { PDFDocument, PDFName, PDFString } from '@cantoo/pdf-lib'
import { describe, expect, it } from 'vitest'
import { extractText, getDocumentProxy } from 'unpdf'
import { PdfJoiner, type PageEntry } from './join-pdf.ts'

const LINKS = 'https://slide.invalid/'

describe('a PDF that is joined as its parts come', () => {
  it('has the pages of all of them in their order, and says what it is', async () => {
    const joined = await join([await part(['one', 'two']), await part(['three'])])
    const document = await getDocumentProxy(joined.bytes)
    const { text } = await extractText(document)
    expect(text).toEqual(['one', 'two', 'three'])
    expect((await document.getMetadata()).info).toMatchObject({ Title: 'A deck (ours): größer', Author: 'Ada, Grace' })
  })

  it('leads from a link to a page that came earlier or comes later, and leaves out one that leads to a file of this machine', async () => {
    const links = [`${LINKS}two`, `${LINKS}nowhere`, 'file:///etc/passwd', 'https://example.org/a(b)']
    const document = await getDocumentProxy((await join([await part(['one'], links), await part(['two'], [`${LINKS}one`])])).bytes)
    const annotations = await (await document.getPage(1)).getAnnotations()
    expect(annotations.map(({ url, dest }) => url ?? dest)).toEqual([[expect.anything(), { name: 'Fit' }], 'https://example.org/a%28b%29'])
    expect(await document.getPageIndex(annotations[0].dest[0])).toBe(1)
    const [back] = await (await document.getPage(2)).getAnnotations()
    expect(await document.getPageIndex(back.dest[0])).toBe(0)
  })

  it('writes a picture once that every part brings along', async () => {
    const once = await join([await part(['one'], [], true)])
    const thrice = await join([await part(['one'], [], true), await part(['two'], [], true), await part(['three'], [], true)])
    expect(thrice.bytes.length - once.bytes.length).toBeLessThan(PICTURE.length / 2)
  })

  it('has bookmarks: parts, and what is in them', async () => {
    const pages: PageEntry[] = [
      { title: 'Before', level: 1 },
      { title: 'Part', level: 0 },
      { title: 'Inside', level: 1 },
      { title: 'Inside', level: undefined },
    ]
    const document = await getDocumentProxy((await join([await part(['1', '2', '3', '4'])], pages)).bytes)
    const outline = await document.getOutline()
    expect(outline.map(({ title, items }) => [title, items.map((item: { title: string }) => item.title)])).toEqual([
      ['Before', []],
      ['Part', ['Inside']],
    ])
  })

  it('is not made of parts that have other pages than was said', async () => {
    await expect(join([await part(['one', 'two'])], [{ title: 'one', level: 1 }])).rejects.toThrow('1 slides came as 2 pages.')
    const { joiner } = joinerOf([{ title: 'one', level: 1 }])
    await expect(joiner.finish()).rejects.toThrow('1 pages were announced, and 0 came.')
  })
})

const PICTURE = noise(20_000)

/** Bytes that do not compress. */
function noise(length: number): Uint8Array {
  let seed = 1
  return Uint8Array.from({ length }, () => (seed = (seed * 48_271) % 2_147_483_647) & 255)
}

async function part(pages: readonly string[], links: readonly string[] = [], picture = false): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  for (const text of pages) {
    const page = document.addPage([400, 300])
    page.drawText(text)
    const annotations = links.map((uri) =>
      document.context.obj({ Type: 'Annot', Subtype: 'Link', Rect: [0, 0, 10, 10], A: { S: 'URI', URI: PDFString.of(uri) } }),
    )
    page.node.set(PDFName.of('Annots'), document.context.obj(annotations))
    if (picture) page.node.set(PDFName.of('Picture'), document.context.register(document.context.stream(PICTURE)))
  }
  return document.save({ useObjectStreams: false })
}

function joinerOf(pages: readonly PageEntry[]) {
  const chunks: Uint8Array[] = []
  const write = async (bytes: Uint8Array) => void chunks.push(Uint8Array.from(bytes))
  const options = { title: 'A deck (ours): größer', authors: ['Ada', 'Grace'], pages, linkPrefix: LINKS }
  const joiner = new PdfJoiner({ write }, { ...options, pageOf: (name) => ({ one: 0, two: 1 })[name] })
  return { joiner, bytes: () => new Uint8Array(Buffer.concat(chunks)) }
}

async function join(parts: readonly Uint8Array[], entries?: readonly PageEntry[]): Promise<{ readonly bytes: Uint8Array }> {
  const counts = await Promise.all(parts.map(async (bytes) => (await PDFDocument.load(bytes)).getPageCount()))
  const all = counts.reduce((sum, count) => sum + count, 0)
  const { joiner, bytes } = joinerOf(entries ?? Array.from({ length: all }, () => ({ title: 'a page', level: 1 as const })))
  for (const [index, each] of parts.entries()) await joiner.add(each, entries ? entries.length : (counts[index] ?? 0))
  await joiner.finish()
  return { bytes: bytes() }
}
