import Agent

await AgentProgram.main()
