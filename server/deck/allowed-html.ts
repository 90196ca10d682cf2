import type { Schema } from './markdown.ts'

const PROPERTY =
  '(?:width|height|max-width|max-height|color|background-color|font-size|font-weight|font-style|text-align|float|margin(?:-[a-z]+)?)'
const DECLARATION = `${PROPERTY}:[\\w\\s.%#,-]+`
/** Declarations that lay out and colour and can do nothing else. No value holds a `;` or `:`, so there is one way to match. */
const STYLE = new RegExp(`^${DECLARATION}(?:; ?${DECLARATION})*;? *$`)

/** Attributes that a slide may not set: ids and names would shadow the page's own. */
const REFUSED = new Set(['id', 'name', 'action', 'encType', 'method', 'tabIndex', 'accessKey', 'useMap', 'isMap', 'htmlFor'])

/**
 * What of a deck's HTML reaches a browser: text, tables, images, classes. No scripts, frames, forms, event handlers or inline SVG.
 * @param blockIds the ids of the slide's live blocks, the only ones that may be marked as such
 */
export function allowedHtml(base: Schema, blockIds: readonly string[]): Schema {
  const everywhere = (base.attributes?.['*'] ?? []).filter((one) => typeof one !== 'string' || !REFUSED.has(one))
  return {
    ...base,
    tagNames: [
      ...(base.tagNames ?? []).filter((tag) => tag !== 'input'),
      'center',
      'cite',
      'figcaption',
      'figure',
      'font',
      'mark',
      'small',
      'u',
      'abbr',
      'caption',
      'col',
      'colgroup',
    ],
    attributes: {
      ...base.attributes,
      '*': [...everywhere, 'className', ['style', STYLE]],
      a: ['href'],
      // What stands out in code, until it is coloured.
      code: [
        ['dataLines', /^[\d,-]*$/],
        ['dataSpans', /^[\d,-]*$/],
      ],
      h2: [],
      li: [],
      ol: [],
      ul: [],
      section: [],
      input: [],
      div: blockIds.length > 0 ? [['dataBlock', ...blockIds]] : [],
      img: ['src', 'alt'],
      source: [],
    },
    protocols: { ...base.protocols, href: ['http', 'https', 'mailto'], src: ['http', 'https'] },
    required: {},
    strip: ['script', 'style', 'iframe', 'object', 'embed', 'svg', 'math', 'template', 'noscript', 'textarea', 'select', 'title'],
  }
}
