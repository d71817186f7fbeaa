/** The languages that people are spoken to in. */
export type Language = 'en' | 'zh'

/** A text for a person, in every language: one that lacks a language doesn't compile. */
export type Text = Readonly<Record<Language, string>>

/** A table of texts, as each noun has one; a text that holds values is made of them. */
export type Texts = Readonly<Record<string, Text | ((...values: never[]) => Text)>>
