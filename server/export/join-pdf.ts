import { createHash } from 'node:crypto'
import { PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName, type PDFObject, PDFRef, PDFStream, PDFString } from '@cantoo/pdf-lib'

/** Where a PDF goes, piece by piece. */
export interface Sink {
  write(bytes: Uint8Array): Promise<unknown>
}

/** A page as the bookmarks and links of the finished document know it. */
export interface PageEntry {
  readonly title: string
  /** 0 opens a part, 1 is in it; undefined has no bookmark of its own. */
  readonly level: 0 | 1 | undefined
}

export interface JoinOptions {
  readonly title: string
  readonly authors: readonly string[]
  readonly pages: readonly PageEntry[]
  /** What an address of a link to a page begins with. */
  readonly linkPrefix: string
  /** The index of the page that the rest of such an address names. */
  readonly pageOf: (name: string) => number | undefined
}

/**
 * Joins documents into one as they come: each is written and forgotten, so that memory does not grow with the pages. What
 * they share, such as a picture on every slide or a font, is written once. Links whose address begins with `linkPrefix` lead to pages.
 * Source: ISO 32000-1, 7.5 (structure of a file), 7.7 (pages), 12.3 (destinations, outlines)
 */
export class PdfJoiner {
  readonly #sink: Sink
  readonly #options: JoinOptions
  /** Of each object, from 1: where it begins. */
  readonly #offsets: number[] = []
  readonly #pages: readonly PDFRef[]
  readonly #catalog: PDFRef
  readonly #root: PDFRef
  /** Objects by what they are, with what they refer to. */
  readonly #shared = new Map<string, PDFRef>()
  #at = 0
  #joined = 0

  constructor(sink: Sink, options: JoinOptions) {
    this.#sink = sink
    this.#options = options
    this.#catalog = this.#reserve()
    this.#root = this.#reserve()
    this.#pages = options.pages.map(() => this.#reserve())
  }

  /** Adds the pages of the next document. @throws when it has another number of them than `expected` */
  async add(document: Uint8Array, expected: number): Promise<void> {
    if (this.#at === 0) await this.#write('%PDF-1.7\n%\u00E2\u00E3\u00CF\u00D3\n')
    const { context, catalog } = await PDFDocument.load(document, { updateMetadata: false })
    const pages: PDFRef[] = []
    catalog.Pages().traverse((node, ref) => {
      if (node.get(PDFName.of('Type')) === PDFName.of('Page')) pages.push(ref)
    })
    if (pages.length !== expected) throw new Error(`${expected} slides came as ${pages.length} pages.`)
    const known = new Map<string, PDFRef>()
    for (const [index, page] of pages.entries()) {
      const target = this.#pages[this.#joined + index]
      if (target) known.set(page.tag, target)
    }
    const copy: Copy = { known, begun: new Set(), lookup: (ref) => context.lookup(ref) }
    for (const page of pages) {
      const dict = context.lookup(page, PDFDict)
      const target = known.get(page.tag)
      if (!target) throw new Error('There are more pages than were announced.')
      await this.#page(dict, target, copy)
    }
    this.#joined += pages.length
  }

  /** Writes what holds the pages together. Nothing can be added after it. */
  async finish(): Promise<void> {
    if (this.#joined !== this.#pages.length) throw new Error(`${this.#pages.length} pages were announced, and ${this.#joined} came.`)
    const { title, authors, pages } = this.#options
    await this.#put(this.#root, `<</Type/Pages/Count ${this.#pages.length}/Kids[${this.#pages.map(words).join(' ')}]>>`)
    const info = this.#reserve()
    const author = authors.length > 0 ? `/Author ${text(authors.join(', '))}` : ''
    await this.#put(info, `<</Title ${text(title)}${author}/Producer(Deckhand)/CreationDate ${PDFString.fromDate(new Date()).toString()}>>`)
    const outlines = await this.#outlines(pages)
    const shown = `/ViewerPreferences<</DisplayDocTitle true>>${outlines ? `/Outlines ${words(outlines)}` : ''}`
    await this.#put(this.#catalog, `<</Type/Catalog/Pages ${words(this.#root)}${shown}>>`)
    const table = this.#at
    const rows = this.#offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
    const size = this.#offsets.length + 1
    await this.#write(`xref\n0 ${size}\n0000000000 65535 f \n${rows}`)
    await this.#write(`trailer\n<</Size ${size}/Root ${words(this.#catalog)}/Info ${words(info)}>>\nstartxref\n${table}\n%%EOF\n`)
  }

  async #page(page: PDFDict, target: PDFRef, copy: Copy): Promise<void> {
    // What a page inherits it must say itself now; tags of the one document mean nothing in the other.
    for (const inherited of ['Resources', 'MediaBox', 'CropBox', 'Rotate']) {
      const name = PDFName.of(inherited)
      const value = page.get(name) ?? inheritedBy(page, name, copy)
      if (value) page.set(name, value)
    }
    for (const left of ['Parent', 'StructParents', 'Tabs']) page.delete(PDFName.of(left))
    const annotations = this.#links(page.lookupMaybe(PDFName.of('Annots'), PDFArray), copy)
    page.delete(PDFName.of('Annots'))
    await this.#placed(page, copy)
    if (annotations.length > 0) page.set(PDFName.of('Annots'), arrayOf(page, annotations))
    page.set(PDFName.of('Parent'), this.#root)
    await this.#put(target, page)
  }

  /** A page's links, as dictionaries of the new document. Those that lead to a file of this machine are left out. */
  #links(annotations: PDFArray | undefined, copy: Copy): PDFDict[] {
    const found: PDFDict[] = []
    for (const each of annotations?.asArray() ?? []) {
      const annotation = each instanceof PDFRef ? copy.lookup(each) : each
      if (!(annotation instanceof PDFDict)) continue
      const uri = annotation.lookupMaybe(PDFName.of('A'), PDFDict)?.lookupMaybe(PDFName.of('URI'), PDFString, PDFHexString)?.decodeText()
      const rectangle = annotation.lookupMaybe(PDFName.of('Rect'), PDFArray)
      if (uri === undefined || !rectangle || /^file:/i.test(uri)) continue
      const link = annotation.context.obj({ Type: 'Annot', Subtype: 'Link', Border: [0, 0, 0], F: 4 })
      link.set(PDFName.of('Rect'), rectangle)
      if (!uri.startsWith(this.#options.linkPrefix))
        link.set(PDFName.of('A'), annotation.context.obj({ S: 'URI', URI: PDFString.of(ascii(uri)) }))
      else {
        const index = this.#options.pageOf(decoded(uri.slice(this.#options.linkPrefix.length)))
        const page = index === undefined ? undefined : this.#pages[index]
        if (!page) continue
        link.set(PDFName.of('Dest'), arrayOf(annotation, [page, PDFName.of('Fit')]))
      }
      found.push(link)
    }
    return found
  }

  /** Writes whatever an object refers to, and lets it refer to that. */
  async #placed(object: PDFObject, copy: Copy): Promise<void> {
    if (object instanceof PDFDict) {
      for (const [name, value] of object.entries()) {
        if (value instanceof PDFRef) object.set(name, await this.#copied(value, copy))
        else await this.#placed(value, copy)
      }
    } else if (object instanceof PDFArray) {
      for (const [index, value] of object.asArray().entries()) {
        if (value instanceof PDFRef) object.set(index, await this.#copied(value, copy))
        else await this.#placed(value, copy)
      }
    } else if (object instanceof PDFStream) await this.#placed(object.dict, copy)
  }

  async #copied(ref: PDFRef, copy: Copy): Promise<PDFRef> {
    const known = copy.known.get(ref.tag)
    if (known) return known
    if (copy.begun.has(ref.tag)) {
      // It refers back to itself: it gets its place before it is written.
      const target = this.#reserve()
      copy.known.set(ref.tag, target)
      return target
    }
    const object = copy.lookup(ref)
    if (object === undefined) throw new Error(`${ref.tag} is missing.`)
    copy.begun.add(ref.tag)
    await this.#placed(object, copy)
    const bytes = bytesOf(object)
    const promised = copy.known.get(ref.tag)
    const key = createHash('sha256').update(bytes).digest('base64')
    const target = (promised ? undefined : this.#shared.get(key)) ?? (await this.#put(promised ?? this.#reserve(), bytes))
    this.#shared.set(key, target)
    copy.known.set(ref.tag, target)
    return target
  }

  async #outlines(pages: readonly PageEntry[]): Promise<PDFRef | undefined> {
    const parts = partsOf(pages)
    if (parts.length === 0) return undefined
    const root = this.#reserve()
    const refs = parts.map(() => this.#reserve())
    for (const [index, { page, inside }] of parts.entries()) {
      const self = refs[index] ?? root
      const children = inside.map(() => this.#reserve())
      const held = children.length > 0 ? `/First ${words(children[0])}/Last ${words(children.at(-1))}/Count -${children.length}` : ''
      await this.#bookmark(self, page, `/Parent ${words(root)}${siblings(refs, index)}${held}`)
      for (const [at, ref] of children.entries())
        await this.#bookmark(ref, inside[at] ?? page, `/Parent ${words(self)}${siblings(children, at)}`)
    }
    return this.#put(root, `<</Type/Outlines/First ${words(refs[0])}/Last ${words(refs.at(-1))}/Count ${refs.length}>>`)
  }

  #bookmark(ref: PDFRef, page: number, place: string): Promise<PDFRef> {
    return this.#put(ref, `<</Title ${text(this.#options.pages[page]?.title ?? '')}/Dest[${words(this.#pages[page])}/Fit]${place}>>`)
  }

  #reserve(): PDFRef {
    this.#offsets.push(0)
    return PDFRef.of(this.#offsets.length)
  }

  async #put(ref: PDFRef, object: PDFObject | Uint8Array | string): Promise<PDFRef> {
    this.#offsets[ref.objectNumber - 1] = this.#at
    await this.#write(`${ref.objectNumber} 0 obj\n`)
    await this.#write(typeof object === 'string' || object instanceof Uint8Array ? object : bytesOf(object))
    await this.#write('\nendobj\n')
    return ref
  }

  async #write(bytes: Uint8Array | string): Promise<void> {
    const written = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    this.#at += written.length
    await this.#sink.write(written)
  }
}

/** What is known while one document is copied. */
interface Copy {
  /** Objects that have their place in the new one. */
  readonly known: Map<string, PDFRef>
  readonly begun: Set<string>
  readonly lookup: (ref: PDFRef) => PDFObject | undefined
}

function inheritedBy(page: PDFDict, name: PDFName, copy: Copy): PDFObject | undefined {
  let parent = page.get(PDFName.of('Parent'))
  // As deep as a tree of pages can sensibly be.
  for (let depth = 0; depth < 32 && parent; depth++) {
    const node = parent instanceof PDFRef ? copy.lookup(parent) : parent
    if (!(node instanceof PDFDict)) return undefined
    const value = node.get(name)
    if (value) return value
    parent = node.get(PDFName.of('Parent'))
  }
  return undefined
}

/** Bookmarks in two levels; what comes before the first part is a part for itself. */
function partsOf(pages: readonly PageEntry[]): readonly { readonly page: number; readonly inside: readonly number[] }[] {
  const parts: { page: number; inside: number[] }[] = []
  let opened = false
  for (const [page, { level }] of pages.entries()) {
    if (level === undefined) continue
    if (level === 0) opened = true
    if (level === 1 && opened) parts.at(-1)?.inside.push(page)
    else parts.push({ page, inside: [] })
  }
  return parts
}

function siblings(refs: readonly PDFRef[], index: number): string {
  const [before, after] = [refs[index - 1], refs[index + 1]]
  return `${before ? `/Prev ${words(before)}` : ''}${after ? `/Next ${words(after)}` : ''}`
}

function arrayOf({ context }: PDFDict, values: readonly PDFObject[]): PDFArray {
  const array = PDFArray.withContext(context)
  for (const value of values) array.push(value)
  return array
}

function bytesOf(object: PDFObject): Uint8Array {
  const bytes = new Uint8Array(object.sizeInBytes())
  object.copyBytesInto(bytes, 0)
  return bytes
}

/** A reference as it is written. */
const words = (ref: PDFRef | undefined): string => ref?.toString() ?? 'null'

const text = (said: string): string => PDFHexString.fromText(said).toString()

/** An address in the characters of one. Parentheses would end the string. */
const ascii = (uri: string): string =>
  uri.replaceAll(/[^\u0021-\u007E]|[()\\]/g, (character) =>
    /[()\\]/.test(character) ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : encodeURIComponent(character.toWellFormed()),
  )

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
