import { describe, expect, it } from 'vitest'
import { canvasFor, codeSize } from './canvas.ts'

describe('the canvas', () => {
  it('is 1920 × 1080 on the stage, whatever the projector', () => {
    expect(canvasFor(1024, 768, 'whole')).toEqual({ width: 1920, height: 1080 })
  })

  it('is less wide and taller beside a terminal, so that the type stays large', () => {
    expect(canvasFor(1037, 1080, 'beside')).toEqual({ width: 1400, height: 1458 })
  })

  it('grows downwards in a tall pane, so that nothing is left empty below it', () => {
    expect(canvasFor(820, 820, 'pane')).toEqual({ width: 1640, height: 1640 })
  })

  it('stays 16 : 9 in a wide pane', () => {
    expect(canvasFor(1600, 400, 'pane')).toEqual({ width: 1920, height: 1080 })
  })

  it('is never less tall than slides are written for', () => {
    expect(canvasFor(1600, 1000, 'pane')).toEqual({ width: 1728, height: 1080 })
  })

  it('is narrow on a phone, where 1920 px of text would be too small to read', () => {
    expect(canvasFor(390, 700, 'pane')).toEqual({ width: 860, height: 1544 })
  })
})

describe('the size of code', () => {
  it('is 32 px for a listing', () => {
    expect(codeSize('kubectl get pods\n'.repeat(12), 1420)).toBe(32)
  })

  it('is larger for a few short lines, for the last row', () => {
    expect(codeSize('kubectl get nodes', 1420)).toBe(42)
    expect(codeSize('kubectl get nodes\n'.repeat(8).trim(), 1420)).toBe(38)
  })

  it('shrinks with long lines and stops at 26 px', () => {
    expect(codeSize('x'.repeat(80), 1420)).toBe(29)
    expect(codeSize('x'.repeat(200), 1420)).toBe(26)
  })
})
