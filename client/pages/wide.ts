import { useEffect, useState } from 'preact/hooks'

/** How an attendee's two parts lie: beside each other, one below the other, or as two tabs. */
export type Arrangement = 'side' | 'below' | 'tabs'

const arrangementOf = (width: number): Arrangement => (width < 720 ? 'tabs' : width < 1180 ? 'below' : 'side')

export function useWide(): Arrangement {
  const [arrangement, setArrangement] = useState(arrangementOf(innerWidth))
  useEffect(() => {
    const measure = (): void => setArrangement(arrangementOf(innerWidth))
    addEventListener('resize', measure)
    return () => removeEventListener('resize', measure)
  }, [])
  return arrangement
}
