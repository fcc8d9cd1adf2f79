/** `11-15` or `3`. */
export function seedsOf(text: string): number[] {
  const [first, last = first] = text.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
