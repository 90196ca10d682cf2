export function StagePage() { return null }
