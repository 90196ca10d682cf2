import { useEffect, useState } from 'preact/hooks'

/** 28 px on a screen of 1920, as for the last row; in proportion on others, and legible in a small window. */
export function stageType(windowWidth: number): number {
  return Math.max(11, Math.round((28 * windowWidth) / 1920))
}

export function useWindowWidth(): number {
  const [width, setWidth] = useState(innerWidth)
  useEffect(() => {
    const measure = (): void => setWidth(innerWidth)
    addEventListener('resize', measure)
    return () => removeEventListener('resize', measure)
  }, [])
  return width
}
