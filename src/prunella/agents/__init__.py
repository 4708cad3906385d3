"""Agents for any goal: the same loop, with tools and checks of your own."""
