/** The version of this checkout, as package.json has it; a test holds the two together. The app tells it by its health. */
export const version = "0.1.0";
