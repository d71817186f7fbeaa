import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type Transport, textOf } from '../../graphql/context.ts'
import type { Language, Text } from '../../texts.ts'
import { libraryTexts } from '../texts.ts'

/** The error with its message in this language. Whoever sends errors to a client asks for it last: until then they are English. */
export function inLanguage(error: GraphQLError, language: Language): GraphQLError {
  if (language === 'en') return error
  const { nodes, source, positions, path, originalError, extensions } = error
  const { [language]: message } = textOf(error) ?? introduce(error)
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions })
}

/** The same for the errors of a result; one without errors is returned as it is. */
export function resultInLanguage<Result extends object>(result: Result, language: Language): Result {
  if (language === 'en' || !('errors' in result) || !Array.isArray(result.errors)) return result
  return { ...result, errors: result.errors.map((error) => asGraphqlError(error, language)) }
}

/** Lets Yoga answer in the client's language, whatever it refuses a request for. */
export function useLanguage(): Plugin<object, Pick<Transport, 'language'>> {
  return {
    onResultProcess({ result, setResult, serverContext: { language } }) {
      const translated = resultInLanguage(result, language)
      if (translated !== result) setResult(translated)
    },
  }
}

function asGraphqlError(error: unknown, language: Language): unknown {
  return error instanceof GraphQLError ? inLanguage(error, language) : error
}

/** What a library says, with a word about what it speaks of. */
function introduce({ message, extensions: { code } }: GraphQLError): Text {
  if (code === 'GRAPHQL_PARSE_FAILED' || message.startsWith('Syntax Error')) return libraryTexts.syntax(message)
  if (code === 'GRAPHQL_VALIDATION_FAILED') return libraryTexts.document(message)
  if (code === 'BAD_USER_INPUT') return libraryTexts.input(message)
  return libraryTexts.request(message)
}
