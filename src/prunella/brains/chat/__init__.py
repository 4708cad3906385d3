"""A brain that is any LangChain chat model."""
