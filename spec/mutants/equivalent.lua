-- Mutants that no user could tell from the program, each with the reason: they are passed over when mutants are drawn.
-- A row is the file, the line as it stands, what it would become, and why that is the same.
return {
}
