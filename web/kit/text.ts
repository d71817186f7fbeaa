/** In Chinese and in English; `{name}` is a placeholder. */
export type Text = readonly [chinese: string, english: string]
