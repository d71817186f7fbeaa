/** The bundler puts the styles that components import into one file. */
declare module '*.css' {}
