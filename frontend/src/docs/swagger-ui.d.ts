/** Types of the part of Swagger UI that the page uses. The package itself has no types. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle' {
  interface Options {
    readonly domNode: HTMLElement | null;
    readonly spec: object;
    readonly deepLinking: boolean;
    readonly defaultModelsExpandDepth: number;
    readonly validatorUrl: null;
  }

  export default function SwaggerUI(options: Options): unknown;
}
