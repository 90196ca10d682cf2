import { render, type ComponentChildren } from 'preact'
import type { Block } from '../../server/protocol/deck.ts'
import { codeSize } from './canvas.ts'

/** What a page puts into a live block: run and copy, a chart. */
export type RenderIsland = (block: Block) => ComponentChildren

/** How many canvas pixels a line of code has, by where it stands. */
function roomOf(pre: HTMLElement): number {
  if (pre.closest('.layout-two-columns :is(.left, .right, .pull-left, .pull-right)')) return 700
  if (pre.closest('.layout-exercise :is(.left, .pull-left)')) return 900
  if (pre.closest('.layout-exercise .step:has(> .check-block)')) return 860
  return pre.closest('.command-block') ? 1400 : 1600
}

/** Dresses a step's live blocks and code once, so that a slide does not move when its islands come. */
export function dressStep(step: HTMLElement, blocks: readonly Block[]): void {
  for (const host of step.querySelectorAll<HTMLElement>('[data-block]')) {
    const block = blocks.find(({ id }) => id === host.dataset['block'])
    if (block) host.classList.add('live-block', `${block.kind}-block`)
  }
  for (const pre of step.querySelectorAll<HTMLElement>('pre')) {
    pre.style.setProperty('--code-size', `${codeSize(pre.textContent.trimEnd(), roomOf(pre))}px`)
    pre.tabIndex = 0
  }
  for (const link of step.querySelectorAll('a[href]:not([href^="#"])')) {
    link.setAttribute('target', '_blank')
    link.setAttribute('rel', 'noreferrer noopener')
  }
}

/** Puts the live part of each block into a step that has come into view. @returns takes them out again */
export function mountIslands(step: HTMLElement, blocks: readonly Block[], renderIsland: RenderIsland): () => void {
  const hosts: HTMLElement[] = []
  for (const place of step.querySelectorAll<HTMLElement>('[data-block]')) {
    const block = blocks.find(({ id }) => id === place.dataset['block'])
    if (!block) continue
    const host = document.createElement('div')
    host.className = 'island'
    place.append(host)
    render(renderIsland(block), host)
    hosts.push(host)
  }
  return () => {
    for (const host of hosts) {
      render(null, host)
      host.remove()
    }
  }
}
