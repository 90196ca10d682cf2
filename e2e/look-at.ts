import type { Page } from '@playwright/test'

/** What is not as it should be on the slide that a page shows now, in words; nothing when it looks right. Runs in the browser. */
export async function geometryFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const section = [...document.querySelectorAll<HTMLElement>('section.present')].at(-1)
    const body = section?.querySelector<HTMLElement>('.slide-body')
    const step = section?.querySelector<HTMLElement>('.step:not([hidden])')
    if (!section || !body || !step) return ['no slide']
    const faults: string[] = []
    const said = (node: Node): string => JSON.stringify((node.textContent ?? '').trim().slice(0, 40))
    if (body.scrollHeight > body.clientHeight + 1) faults.push(`is ${body.scrollHeight - body.clientHeight} px too tall`)
    if (step.style.zoom !== '') faults.push(`is shrunk to ${step.style.zoom}`)
    for (const pre of section.querySelectorAll('pre'))
      if (pre.scrollWidth > pre.clientWidth + 1 && pre.checkVisibility()) faults.push(`code has to be scrolled: ${said(pre)}`)
    const frame = section.getBoundingClientRect()
    const seen: { node: Text; rect: DOMRect }[] = []
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      if (!(node instanceof Text) || !parent || node.data.trim() === '') continue
      if (!parent.checkVisibility({ visibilityProperty: true }) || parent.closest('.unseen, .visually-hidden, .uplot')) continue
      if (parent.closest('details:not([open])') && !parent.closest('summary')) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const rect of range.getClientRects()) if (rect.width > 1) seen.push({ node, rect })
    }
    for (const { node, rect } of seen) {
      if (rect.left < frame.left - 1 || rect.right > frame.right + 1 || rect.top < frame.top - 1 || rect.bottom > frame.bottom + 1)
        faults.push(`is cut off: ${said(node)}`)
    }
    for (const [index, one] of seen.entries()) {
      for (const other of seen.slice(index + 1)) {
        if (one.node === other.node) continue
        const wide = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left)
        const tall = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top)
        // Lines stand close: the boxes of their letters may touch, the letters do not.
        if (wide > 3 && tall > 0.4 * Math.min(one.rect.height, other.rect.height))
          faults.push(`${said(one.node)} lies over ${said(other.node)}`)
      }
    }
    return [...new Set(faults)]
  })
}

/** Words whose colour is too near to what is behind them: WCAG's contrast, 4.5 to 1, and 3 for headings. Runs in the browser. */
export async function contrastFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const section = [...document.querySelectorAll<HTMLElement>('section.present')].at(-1)
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (!section || !pen) return ['no slide']
    type Colour = readonly [red: number, green: number, blue: number, alpha: number]
    const parsed = (css: string): Colour => {
      pen.clearRect(0, 0, 1, 1)
      pen.fillStyle = css
      pen.fillRect(0, 0, 1, 1)
      const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data
      return [red, green, blue, alpha / 255]
    }
    const over = (top: Colour, below: Colour): Colour => {
      const mix = (at: 0 | 1 | 2): number => top[at] * top[3] + below[at] * (1 - top[3])
      return [mix(0), mix(1), mix(2), 1]
    }
    const ground = (element: Element): Colour => {
      const layers: Colour[] = []
      for (let at: Element | null = element; at; at = at.parentElement) {
        layers.push(parsed(getComputedStyle(at).backgroundColor))
        if (layers.at(-1)?.[3] === 1) break
      }
      return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1] as Colour)
    }
    const luminance = ([red, green, blue]: Colour): number => {
      const linear = [red, green, blue].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0)
    }
    const faults = new Set<string>()
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      if (!parent?.checkVisibility({ visibilityProperty: true }) || (node.textContent ?? '').trim() === '') continue
      // What is behind words on a picture is the picture; their legibility is its veil's matter. SVG has no background.
      if (parent.closest('.has-image, svg, button:disabled') || (parent.closest('details:not([open])') && !parent.closest('summary')))
        continue
      const below = ground(parent)
      const style = getComputedStyle(parent)
      const light = [luminance(over(parsed(style.color), below)), luminance(below)].toSorted((a, b) => b - a)
      const ratio = ((light[0] ?? 0) + 0.05) / ((light[1] ?? 0) + 0.05)
      const least = Number.parseFloat(style.fontSize) >= 76 ? 3 : 4.5
      if (ratio < least) faults.add(`${JSON.stringify((node.textContent ?? '').trim().slice(0, 30))} has ${ratio.toFixed(2)} to 1`)
    }
    return [...faults]
  })
}
