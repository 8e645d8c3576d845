"""The one Java virtual machine of a process, and how rows cross into it."""
