/** What each section of bench/RESULTS.md measured, and why it came out so: Markdown by the section's title. */
export const notes: Record<string, string> = {
  "Encode, decode, JSON": "TODO",
  "Bundle size": "TODO",
  "Loading the package of one service": "TODO",
  "Loading the whole contract": "TODO",
  "The contributor's loop": "TODO",
};
