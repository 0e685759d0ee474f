/** `import sql from "./a.sql" with { type: "text" }`: Bun gives the file's text and carries it in the binary. */
declare module "*.sql" {
  const text: string;
  export default text;
}
