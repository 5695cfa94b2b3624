"""The sub-commands of ``nuanxin``, one file each."""
