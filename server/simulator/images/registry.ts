import type { PullOutcome } from '../kubelet/runtime.ts'
import { patternToRegExp } from '../shell/pattern.ts'
import type { Userland } from '../shell/machine.ts'
import type { ImageDocument } from './schema.ts'
import { noise } from './seeded.ts'

/** An image reference taken apart, with Docker Hub's defaults filled in. */
export interface Reference {
  /** e.g. `docker.io/library/nginx` */
  readonly repository: string
  readonly tag: string
  /** `docker.io/library/nginx:alpine`, as containerd says it. */
  readonly full: string
}

/** https://github.com/distribution/reference */
export function parseReference(image: string): Reference | undefined {
  const found = /^([a-z0-9]+(?:[._/:-]+[a-z0-9]+)*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image)
  const name = found?.[1]
  if (!found || name === undefined) return undefined
  const parts = name.split('/')
  const host = parts.length > 1 && /[.:]|^localhost$/.test(parts[0] ?? '') ? (parts.shift() ?? '') : 'docker.io'
  const path = host === 'docker.io' && parts.length === 1 ? `library/${parts.join('/')}` : parts.join('/')
  const repository = `${host}/${path}`
  const tag = found[2] ?? 'latest'
  return { repository, tag, full: found[3] ? `${repository}@${found[3]}` : `${repository}:${tag}` }
}

export interface FoundImage {
  readonly document: ImageDocument
  readonly reference: Reference
  readonly userland: Userland
}

/** Tags that nobody's repository has, so that exercises about misspelt tags work with any image. */
const impossibleTag = /(?:does-?not-?exist|no-?such|non-?existent|invalid|typo|missing|wrong|bad-?tag)/

/** Megabytes a second that the simulated line carries. */
const bytesPerMilli = 40_000

/** Descriptions as their tags make them, kept as long as the description is. */
const tagged = new WeakMap<ImageDocument, Map<string, ImageDocument>>()

/** A description with the version that a tag stands for. */
function atTag(document: ImageDocument, tag: string): ImageDocument {
  const given = Object.entries(document.versions).find(([pattern]) => patternToRegExp(pattern).test(tag))?.[1]
  const whole = /^v?(\d+\.\d+\.\d+)/.exec(tag)?.[1]
  const changes =
    typeof given === 'object' ? given : document.version === undefined ? {} : { [document.version]: whole ?? given ?? document.version }
  const key = JSON.stringify(changes)
  const known = tagged.get(document) ?? new Map<string, ImageDocument>([['{}', document]])
  tagged.set(document, known)
  const made = known.get(key) ?? replaced(document, changes)
  known.set(key, made)
  return made
}

function replaced(document: ImageDocument, changes: Readonly<Record<string, string>>): ImageDocument {
  // The longest first: what a shorter text is part of.
  const ordered = Object.entries(changes).toSorted((a, b) => b[0].length - a[0].length)
  const change = (value: unknown): unknown => {
    if (typeof value === 'string') return ordered.reduce((text, [from, to]) => text.replaceAll(from, to), value)
    if (Array.isArray(value)) return value.map(change)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each)]))
  }
  // Texts change, and nothing else does.
  return {
    ...document,
    ...(change({
      env: document.env,
      files: document.files,
      answers: document.answers,
      programs: document.programs,
    }) as Partial<ImageDocument>),
  }
}

/** Every registry in the world, as far as the simulated nodes can tell. */
export class Registry {
  readonly #images: readonly ImageDocument[]
  readonly #generic: ImageDocument | undefined
  readonly #sha256: (text: string) => string

  constructor(images: readonly ImageDocument[], sha256: (text: string) => string) {
    this.#images = images.filter((image) => !image.generic)
    this.#generic = images.find((image) => image.generic)
    this.#sha256 = sha256
  }

  /** The image, or the registry's refusal in containerd's words. */
  find(image: string): FoundImage | { readonly refusal: string } {
    const reference = parseReference(image)
    if (!reference) return { refusal: `failed to pull and unpack image "${image}": failed to parse reference: invalid reference format` }
    const known = this.#images.find((each) => each.names.some((name) => parseReference(name)?.repository === reference.repository))
    const failed = `failed to pull and unpack image "${reference.full}": failed to resolve reference "${reference.full}"`
    const digest = reference.full.includes('@')
    if (known) {
      const exists = digest || known.tags.some((tag) => patternToRegExp(tag).test(reference.tag))
      if (!exists || impossibleTag.test(reference.tag)) return { refusal: `${failed}: ${reference.full}: not found` }
      const variant = Object.entries(known.variants).find(([tag]) => patternToRegExp(tag).test(reference.tag))
      return { document: atTag(known, reference.tag), reference, userland: variant?.[1] ?? known.userland }
    }
    const host = reference.repository.split('/')[0] ?? ''
    if (/\.(invalid|test|example|local)$|^localhost|example\.com$/.test(host)) {
      return {
        refusal: `${failed}: failed to do request: Head "https://${host}/v2/${reference.repository.slice(host.length + 1)}/manifests/${reference.tag}": dial tcp: lookup ${host}: no such host`,
      }
    }
    const official = reference.repository.startsWith('docker.io/library/')
    const exists = !official || this.#generic?.generic?.official.includes(reference.repository.slice('docker.io/library/'.length))
    if (!exists || /(?:does-?not-?exist|no-?such|non-?existent)/.test(reference.repository)) {
      return {
        refusal: `rpc error: code = Unknown desc = ${failed}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      }
    }
    if (impossibleTag.test(reference.tag) || !this.#generic) return { refusal: `${failed}: ${reference.full}: not found` }
    return { document: this.#generic, reference, userland: /alpine/.test(reference.tag) ? 'alpine' : this.#generic.userland }
  }

  pull(image: string): PullOutcome {
    const found = this.find(image)
    if ('refusal' in found) return { ok: false, millis: 900 + Math.round(noise(image, 1) * 600), message: found.refusal }
    const bytes = Math.round(found.document.size * (/alpine|slim/.test(found.reference.tag) ? 0.4 : 1))
    const millis = Math.round(350 + Math.min(bytes / bytesPerMilli, 2500) * (0.8 + 0.4 * noise(image, 2)))
    const imageId = `${found.reference.repository}@sha256:${this.#sha256(`image ${found.reference.full}`)}`
    return { ok: true, millis, bytes, imageId, root: found.document.user.uid === 0 }
  }
}
